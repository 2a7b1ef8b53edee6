#include "swarmsim/checks/fast_choke_semantics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/dialogues.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that are choked"},
};

// A block that came after the Choke that its request was open at.
struct CameAfterAll {
  Time at{};
  HostId from;
  protocol::BlockRange block;
};

class FastChokeSemantics final : public Check {
 public:
  explicit FastChokeSemantics(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who"), facts_.peers.size()),
        dialogues_(context.books.dialogues()), came_(facts_.peers.size()) {}

  EventSet interest() const override {
    return EventSet{}.received(MessageKind::choke).received(MessageKind::reject).received(MessageKind::piece);
  }
  EventSet interest_before() const override { return EventSet{}.sent(MessageKind::request); }

  void before_event(const WireEvent& event) override {
    if (who_.has(event.from)) judge(event);
  }

  void on_event(const WireEvent& event) override {
    if (!who_.has(event.to)) return;
    if (event.message.kind == MessageKind::choke) return on_choke(event);
    for (const Dialogues::Ended& ended : dialogues_.ended()) {
      const Time choked = choked_at_.at(ended.dialogue->connection, ended.dialogue->asks);
      if (!ended.dialogue->is_fast || choked == kStart || choked <= ended.request.decided) continue;
      if (ended.fate == Dialogues::Fate::rejected) ++rejected_;
      if (ended.fate != Dialogues::Fate::answered) continue;
      ++delivered_;
      came_[ended.dialogue->asker.value()].push_back({event.at, ended.dialogue->source, ended.request.block});
    }
  }

  void on_whole_piece(const WholePiece& whole) override {
    if (who_.has(whole.peer))
      std::erase_if(came_[whole.peer.value()], [&](const CameAfterAll& came) { return came.block.piece == whole.piece; });
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} requests open at a Choke were treated as void; {} delivered after it, {} rejected",
                                     wrong_, open_at_choke_, delivered_, rejected_);
    judgement.limit = std::string("0");
    if (open_at_choke_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "no request was open when a peer with the Fast extension choked";
    }
    return judgement;
  }

 private:
  void on_choke(const WireEvent& event) {
    const Dialogue* dialogue = dialogues_.find(event.connection, opposite(event.direction));
    if (dialogue == nullptr || !dialogue->is_fast) return;
    choked_at_.reader(event) = event.at;
    open_at_choke_ += dialogue->open.size();
  }

  void judge(const WireEvent& event) {
    const Dialogue* dialogue = dialogues_.find(event.connection, event.direction);
    if (dialogue == nullptr) return;
    const protocol::BlockRange block = event.message.block();
    const Time choked = choked_at_.writer(event);
    const auto open = std::ranges::find(dialogue->open, block, &AskedBlock::block);
    // Whoever leaves a request unanswered for long may be asked again: the request timeout is over.
    const Duration patience = facts_.peers[event.from.value()].request_timeout;
    if (open != dialogue->open.end() && choked > open->decided && event.decided_earliest > choked &&
        event.decided_latest < std::max(choked, dialogue->last_block) + patience) {
      accuse(event, fmt::format("{} repeats a request to {} that a Choke left open and nobody rejected", facts_.name(event.from),
                                facts_.name(event.to)),
             {story_line(open->decided, conversation(facts_, event.from, event.to, event.message) + " decided"),
              story_line(choked, conversation(facts_, event.to, event.from, "CHOKE received; with Fast it cancels nothing"))});
    }
    for (const CameAfterAll& came : came_[event.from.value()]) {
      if (came.block != block || came.at > event.decided_earliest || !arrivals_.has_block(event.from, block)) continue;
      accuse(event, fmt::format("{} threw away a block that {} delivered after its Choke, and asks for it again",
                                facts_.name(event.from), facts_.name(came.from)),
             {story_line(came.at, fmt::format("{} delivers {} to {}, which it was asked for before it choked",
                                              facts_.name(came.from), to_words(block), facts_.name(event.from)))});
      return;
    }
  }

  void accuse(const WireEvent& event, std::string summary, std::vector<std::string> story) {
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = std::move(summary);
    first_.story = std::move(story);
    first_.story.push_back(
        story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message) + " decided"));
    first_.story.push_back("look at what the client does with its open requests when a Choke arrives");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  PeerSet who_;
  const Dialogues& dialogues_;
  PerSide<Time> choked_at_;                        // of the side that asks: the last Choke, with Fast
  std::vector<std::vector<CameAfterAll>> came_;    // by asker, of pieces that are not whole
  std::uint64_t open_at_choke_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t rejected_ = 0;
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kFastChokeSemantics{
    .name = "fast_choke_semantics",
    .claim = "with the Fast extension a Choke does not void what was requested",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B20",
    .parameters = kParameters,
    .text = R"(BEP 6: "choke no longer implicitly rejects all pending requests"; each is answered by a Piece or a Reject.  So after
P's Choke no Request that is still open at P is sent to it again before its Reject, unless P is silent for as long as the
client's declared request timeout, and a block that P delivers after
all is taken: nobody is asked for it any more, unless its piece fails.  That nothing but allowed-fast pieces is
requested while choked is said by no_request_while_choked.  Vacuous when no request was open at the Choke of a peer
with Fast.  Provoke it with frequent chokes in mid-pipeline on long paths.)",
    .declared = "request_timeout",
    .needs = {Feature::fast},
};

std::unique_ptr<Check> make_fast_choke_semantics(const CheckContext& context) {
  return std::make_unique<FastChokeSemantics>(context);
}

}  // namespace swarmlab::swarmsim
