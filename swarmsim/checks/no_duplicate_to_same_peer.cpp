#include "swarmsim/checks/no_duplicate_to_same_peer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/dialogues.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose requests are judged"},
    ParameterManual{"patience", ParameterKind::duration, Need::optional,
                    "a request that is unanswered for so long may be repeated (default: 30 s)"},
};

bool overlap(const protocol::BlockRange& a, const protocol::BlockRange& b) {
  return a.piece == b.piece && ByteCount(a.begin.value()) < ByteCount(b.begin.value()) + b.length &&
         ByteCount(b.begin.value()) < ByteCount(a.begin.value()) + a.length;
}

class NoDuplicateToSamePeer final : public Check {
 public:
  explicit NoDuplicateToSamePeer(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who"), facts_.peers.size()), dialogues_(context.books.dialogues()),
        patience_(context.arguments.duration("patience", 30s)) {}

  EventSet interest() const override { return {}; }
  void on_event(const WireEvent&) override {}

  EventSet interest_before() const override { return EventSet{}.sent(MessageKind::request); }
  void before_event(const WireEvent& event) override {
    if (!who_.has(event.from)) return;
    if (const Dialogue* dialogue = dialogues_.find(event.connection, event.direction)) judge(event, *dialogue);
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} requests; up to {} open at once", wrong_, requests_, most_open_);
    judgement.limit = std::string("0");
    if (judgement.verdict == Verdict::held && most_open_ < 2) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody had two requests open at one peer, so that none could be a duplicate";
    }
    return judgement;
  }

 private:
  void judge(const WireEvent& event, const Dialogue& dialogue) {
    ++requests_;
    most_open_ = std::max(most_open_, dialogue.open.size() + 1);
    const auto found = std::ranges::find_if(
        dialogue.open, [&](const AskedBlock& asked) { return overlap(asked.block, event.message.block()); });
    if (found == dialogue.open.end() || event.decided_latest - found->decided >= patience_) return;
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    const bool is_same = found->block == event.message.block();
    WireMessage before = event.message;
    before.begin = found->block.begin;
    before.length = static_cast<std::uint32_t>(found->block.length.value());
    first_.summary = fmt::format("{} asks {} for {} {} while its first request is still open",
                                 facts_.name(event.from), facts_.name(event.to), is_same ? "the same" : "a part of",
                                 to_words(event.message.block()));
    first_.story.push_back(story_line(found->decided, conversation(facts_, event.from, event.to, before) + " decided"));
    first_.story.push_back(
        story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message) + " decided"));
    first_.story.push_back("neither Piece, Reject, Cancel nor Choke came between; look at how the client picks blocks");
  }

  const RunFacts& facts_;
  PeerSet who_;
  const Dialogues& dialogues_;
  Duration patience_;
  std::uint64_t requests_ = 0;
  std::uint64_t wrong_ = 0;
  std::size_t most_open_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kNoDuplicateToSamePeer{
    .name = "no_duplicate_to_same_peer",
    .claim = "no block is requested from a peer that already owes it",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B25",
    .parameters = kParameters,
    .text = R"(While a Request is open at P, no other Request to P names the same block or a part of it.  A request is open from
its sending until P's Piece or Reject, the asker's Cancel, or a Choke without the Fast extension.  One that P left
unanswered for long may be repeated.  Each duplicate costs the block's bytes once more.  Vacuous when nobody ever had
two requests open at one peer.  Provoke it with the last pieces of a torrent and several holders of them.)",
};

std::unique_ptr<Check> make_no_duplicate_to_same_peer(const CheckContext& context) {
  return std::make_unique<NoDuplicateToSamePeer>(context);
}

}  // namespace swarmlab::swarmsim
