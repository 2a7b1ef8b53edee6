#include "swarmsim/checks/have_index_valid.hpp"

#include <fmt/format.h>

#include <array>

#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that announce pieces"},
};

class HaveIndexValid final : public Check {
 public:
  explicit HaveIndexValid(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()) {}

  EventSet interest() const override { return EventSet{}.sent(MessageKind::have); }

  void on_event(const WireEvent& event) override {
    if (!is_who_.has(event.from)) return;
    ++said_;
    if (facts_.geometry.contains(event.message.piece)) return;
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} announces piece {} to {}; the torrent has {}", facts_.name(event.from),
                                 event.message.piece.value(), facts_.name(event.to), facts_.geometry.piece_count());
    first_.story.push_back(story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message)));
    first_.story.push_back("look at what the client announces when nothing is left to announce: a number that stands for none");
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} HAVEs", wrong_, said_);
    judgement.limit = std::string("0");
    if (said_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody announced a single piece";
    }
    return judgement;
  }

 private:
  const RunFacts& facts_;
  PeerSet is_who_;
  std::uint64_t said_ = 0;
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kHaveIndexValid{
    .name = "have_index_valid",
    .claim = "every piece that is announced exists",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B56",
    .parameters = kParameters,
    .text = R"(The number in a Have is below the number of pieces.  A super-seed that had nothing left to reveal announced piece -1, which
others hang up for.  Vacuous when nobody announced a piece.  Provoke it with a super-seed, few pieces, and more leechers than
pieces; put `completes` beside it, since a client that ends when everything is out says nothing false.)",
};

std::unique_ptr<Check> make_have_index_valid(const CheckContext& context) { return std::make_unique<HaveIndexValid>(context); }

}  // namespace swarmlab::swarmsim
