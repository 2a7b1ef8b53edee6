#include "swarmsim/checks/have_is_final.hpp"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "protocol/big_endian.hpp"
#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that must stand by what they announced"},
};

class HaveIsFinal final : public Check {
 public:
  explicit HaveIsFinal(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()), said_(facts_.peers.size()) {}

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::joined)
        .sent(MessageKind::have)
        .sent(MessageKind::request)
        .sent(MessageKind::extended);
  }

  void on_event(const WireEvent& event) override {
    if (!is_who_.has(event.from)) return;
    std::vector<Time>& said = said_[event.from.value()];
    if (event.kind == WireEventKind::joined) {
      said.clear();   // it has what its disk holds now
    } else if (event.message.kind == MessageKind::request) {
      judge(event);
    } else if (event.message.kind == MessageKind::extended) {
      take_back(event, said);
    } else if (facts_.geometry.contains(event.message.piece)) {
      if (said.empty()) said.assign(facts_.geometry.piece_count(), kNever);
      Time& at = said[event.message.piece.value()];
      if (at == kNever) at = event.decided_latest;
    }
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} requests after an announcement", wrong_, judged_);
    if (unclear_ > 0) judgement.measured += fmt::format(" ({} could not be judged)", unclear_);
    judgement.limit = std::string("0");
    if (judgement.verdict == Verdict::held && judged_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody asked for anything after it had announced a piece";
    }
    return judgement;
  }

 private:
  // lt_donthave: a message of an extension with the number of a piece, and nothing else.  Whoever sends something else of
  // that size is excused for a piece, no more.
  void take_back(const WireEvent& event, std::vector<Time>& said) const {
    if (said.empty() || event.payload.size() < 4 || event.payload.size() > 6) return;
    const PieceIndex piece(protocol::read_u32(event.payload.last(4)));
    if (facts_.geometry.contains(piece)) said[piece.value()] = kNever;
  }

  void judge(const WireEvent& event) {
    const std::vector<Time>& said = said_[event.from.value()];
    if (said.empty()) return;
    ++judged_;
    if (!facts_.geometry.contains(event.message.piece)) return;
    const Time at = said[event.message.piece.value()];
    if (at == kNever || event.decided_earliest <= at) return;
    if (facts_.peers[event.from.value()].lost_data(at, event.decided_earliest)) { ++unclear_; return; }
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} asks {} for a block of piece {}, which it announced {} before", facts_.name(event.from),
                                 facts_.name(event.to), event.message.piece.value(), to_text(event.decided_earliest - at));
    first_.story.push_back(story_line(at, fmt::format("{} announces piece {}", facts_.name(event.from), event.message.piece.value())));
    first_.story.push_back(story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message) + " decided"));
    first_.story.push_back("look at what makes the client doubt a piece again: a second hash, a write that fails late, a list it stays in");
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  std::vector<std::vector<Time>> said_;   // by peer, then by piece: the first Have, as late as it can have been decided
  std::uint64_t judged_ = 0;
  std::uint64_t wrong_ = 0;
  std::uint64_t unclear_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kHaveIsFinal{
    .name = "have_is_final",
    .claim = "what a peer announced it does not ask for any more",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B47",
    .parameters = kParameters,
    .text = R"(After a Have to anybody no Request for a block of that piece is decided: a Have says that the piece is there,
true and written. Pieces that were hashed twice, or announced before their last write was known to be good, come back as
missing.  Excepted: what was taken back by lt_donthave, a client that was started again, and one whose storage (as the
scenario states it) lost or falsified something since; a write that fails is no excuse, since the Have was to wait for it.
Vacuous when nobody asked for anything after its first Have.  Provoke it with slow or failing storage, small pieces, and
several of them finished at once.)",
    .declared = "storage",
};

std::unique_ptr<Check> make_have_is_final(const CheckContext& context) { return std::make_unique<HaveIsFinal>(context); }

}  // namespace swarmlab::swarmsim
