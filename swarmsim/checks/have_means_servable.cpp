#include "swarmsim/checks/have_means_servable.hpp"

#include <fmt/format.h>

#include <array>

#include "swarmsim/checks/announced.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose announcements are put to the test"},
};

class HaveMeansServable final : public Check {
 public:
  explicit HaveMeansServable(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        heard_(context.books.heard()) {}

  EventSet interest() const override { return EventSet{}.received(MessageKind::piece); }

  void on_event(const WireEvent& event) override {
    if (!is_who_.has(event.from)) return;
    if (!heard_.has(event.connection, event.direction, event.message.piece)) return;
    if (event.message.authentic == Authentic::unknown) { ++unknown_; return; }
    ++served_;
    if (event.message.authentic == Authentic::no) accuse(event);
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} blocks of announced pieces false", wrong_, served_);
    judgement.limit = std::string("0");
    if (served_ > 0) return judgement;
    judgement.verdict = unknown_ > 0 ? Verdict::undecided : Verdict::vacuous;
    judgement.summary = unknown_ > 0 ? "the content of the blocks could not be compared"
                                     : "nobody fetched anything that these peers announced";
    return judgement;
  }

 private:
  void accuse(const WireEvent& event) {
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} announced piece {} and serves {} a block of it that is false", facts_.name(event.from),
                                 event.message.piece.value(), facts_.name(event.to));
    first_.story.push_back(story_line(event.at, conversation(facts_, event.from, event.to, event.message) + " received"));
    first_.story.push_back(
        "look at when the client takes a piece for its own: after its hash was found right, and its bytes were written");
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  const Announced& heard_;
  std::uint64_t served_ = 0;
  std::uint64_t wrong_ = 0;
  std::uint64_t unknown_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kHaveMeansServable{
    .name = "have_means_servable",
    .claim = "what a peer announces it serves, and it is true",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B48",
    .parameters = kParameters,
    .text = R"(Have, Bitfield and Have All promise a piece that is on disk and verified.  Whoever fetches a block of it gets the
torrent's bytes: a block that differs was announced before its hash was known, or read before it was written, or passed
on from a liar.  Every peer that downloads is an auditor, since each block that arrives is compared with the
content; one that has nothing and must fetch everything from these peers audits all they have.  Vacuous when
nobody fetched anything they announced.  Provoke it with a peer that spoils blocks, and latecomers who can get the
pieces only from those that got them from it.)",
};

std::unique_ptr<Check> make_have_means_servable(const CheckContext& context) {
  return std::make_unique<HaveMeansServable>(context);
}

}  // namespace swarmlab::swarmsim
