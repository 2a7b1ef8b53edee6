#include "swarmsim/checks/late_blocks_forgiven.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/farewells.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

// What was taken back and not answered, on one connection: more is not remembered.
constexpr std::size_t kMostTakenBack = 1024;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that ask"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "how long after a late block the connection must not be ended (default: 30 s)"},
};

// One side of a connection, as the one that asks.
struct Asker {
  std::vector<protocol::BlockRange> taken_back;
  Time late = kNever;             // the last late block arrived
  protocol::BlockRange block;     // this one
  bool was_cancelled = false;
};

class LateBlocksForgiven final : public Check {
 public:
  explicit LateBlocksForgiven(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        within_(context.arguments.duration("within", 30s)), dialogues_(context.books.dialogues()),
        farewells_(facts_, arrivals_, context.books.connections(), dialogues_) {}

  EventSet interest() const override { return EventSet{Farewells::interest()}.sent(MessageKind::request).sent(MessageKind::cancel); }
  EventSet interest_before() const override { return EventSet{}.add(WireEventKind::ended); }
  std::vector<const SideTable*> tables() const override { return {&askers_}; }

  void before_event(const WireEvent& event) override {
    if (is_who_.has(event.from)) judge(event);
    askers_.writer(event) = askers_.reader(event) = {};
  }

  void on_event(const WireEvent& event) override {
    farewells_.on_event(event);
    if (event.kind == WireEventKind::opened) {
      askers_.writer(event) = askers_.reader(event) = {};
    } else if (event.kind == WireEventKind::sent) {
      if (!is_who_.has(event.from)) return;
      std::vector<protocol::BlockRange>& taken_back = askers_.writer(event).taken_back;
      if (event.message.kind == MessageKind::request) std::erase(taken_back, event.message.block());
      else if (!dialogues_.ended().empty() && taken_back.size() < kMostTakenBack) taken_back.push_back(event.message.block());
    } else if (event.kind == WireEventKind::received && is_who_.has(event.to)) {
      if (event.message.kind == MessageKind::piece) on_block(event, askers_.reader(event));
      else if (event.message.kind == MessageKind::reject) std::erase(askers_.reader(event).taken_back, event.message.block());
    }
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{}: {} after its Cancel, {} twice; {} hung up on for it", counted(late_, "late block"), cancelled_,
                                     late_ - cancelled_, wrong_);
    judgement.limit = std::string("0");
    if (judgement.verdict == Verdict::held && late_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "no block came after its Cancel, or when another had brought it; there was nothing to forgive";
    }
    return judgement;
  }

 private:
  // Late is what had been taken back, and what is asked for but has come from elsewhere meanwhile.
  void on_block(const WireEvent& event, Asker& asker) {
    if (arrivals_.is_complete(event.to)) return;
    const protocol::BlockRange block = event.message.block();
    const bool was_cancelled = std::erase(asker.taken_back, block) > 0;
    const bool was_asked = std::ranges::any_of(dialogues_.ended(), [](const auto& e) { return e.fate == Dialogues::Fate::answered; });
    if (!was_cancelled && (!was_asked || arrivals_.brought_news())) return;
    ++late_;
    cancelled_ += was_cancelled;
    asker.late = event.at;
    asker.block = block;
    asker.was_cancelled = was_cancelled;
  }

  void judge(const WireEvent& ended) {
    const Asker& asker = askers_.writer(ended);
    if (asker.late == kNever || ended.at - asker.late > within_) return;
    if (arrivals_.is_complete(ended.from) || !farewells_.is_unexplained(ended)) return;
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    const std::string& who = facts_.name(ended.from);
    const std::string& whom = facts_.name(ended.to);
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} hangs up on {}, {} after a block from there that it had asked for (limit {})", who, whom,
                                 to_text(ended.at - asker.late), to_text(within_));
    first_.story.push_back(story_line(
        asker.late, conversation(facts_, ended.to, ended.from, "PIECE " + to_words(asker.block)) + " received, " +
                        (asker.was_cancelled ? "after its Cancel was sent" : "when somebody else had brought it")));
    first_.story.push_back(story_line(
        ended.at, conversation(facts_, ended.from, ended.to, ended.how == StreamEnd::reset ? "connection reset" : "connection closed")));
    first_.story.push_back("look at what the client takes for a block that it did not ask for: what it has cancelled may be on its way");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  PeerSet is_who_;
  Duration within_;
  const Dialogues& dialogues_;
  Farewells farewells_;
  PerSide<Asker> askers_;        // by the side that asks
  std::uint64_t late_ = 0;
  std::uint64_t cancelled_ = 0;
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kLateBlocksForgiven{
    .name = "late_blocks_forgiven",
    .claim = "nobody hangs up on a peer for a block that it had asked for, however late it comes",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B27",
    .parameters = kParameters,
    .text = R"(A block is late when it arrives after its request was cancelled, or when somebody else has brought it
meanwhile.  While it is incomplete, who had asked does not end the connection within the given time after one.  Why a
client hangs up the wire does not tell, so these reasons are granted: a crossing connection, no room (nine tenths of
max_peers), a peer that sent corrupt or undecodable data, or was silent for two minutes, and whatever the timeline
ends.  Vacuous when no block was late before its receiver was complete.  Provoke it with a peer that answers just
after the request timeout, and with an end-game over long paths, in which Cancel and Piece cross.)",
    .declared = "max_peers",
};

std::unique_ptr<Check> make_late_blocks_forgiven(const CheckContext& context) { return std::make_unique<LateBlocksForgiven>(context); }

}  // namespace swarmlab::swarmsim
