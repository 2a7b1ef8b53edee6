#include "swarmsim/checks/respects_reqq.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/extension_handshake.hpp"
#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that ask"},
    ParameterManual{"unsaid", ParameterKind::count, Need::optional,
                    "how much a peer keeps that says nothing (default: 250, the example of BEP 10)"},
};

// What one side of a connection was told by the other.
struct Told {
  std::uint64_t now = 0;          // its "reqq"; 0: nothing was said
  std::uint64_t before = 0;       // until `since`
  Time since = kStart;
};

class RespectsReqq final : public Check {
 public:
  explicit RespectsReqq(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        dialogues_(context.books.dialogues()), unsaid_(context.arguments.count("unsaid").value_or(250)) {}

  EventSet interest() const override {
    return EventSet{}.add(WireEventKind::opened).received(MessageKind::extension_handshake).sent(MessageKind::request);
  }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::opened) {
      told_.writer(event) = told_.reader(event) = {};
    } else if (event.kind == WireEventKind::received) {
      if (is_who_.has(event.to)) on_declared(event, told_.reader(event));
    } else if (is_who_.has(event.from)) {
      judge(event, told_.writer(event));
    }
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {}; {} open at most, where {} may be", wrong_, counted(requests_, "request"), fullest_.open,
                                     fullest_.limit);
    judgement.limit = std::string("what each peer keeps");
    if (judgement.verdict == Verdict::held && !came_near_) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody had half as many requests open as a peer had said it keeps; the limit never mattered";
    }
    return judgement;
  }

 private:
  void on_declared(const WireEvent& event, Told& told) {
    const auto theirs = protocol::decode_extension_handshake(event.payload);
    if (!theirs || !theirs->request_queue) return;
    told.before = limit(told.now);
    // Who keeps nothing at all can serve nobody: one at a time is meant.
    told.now = std::max<std::uint64_t>(*theirs->request_queue, 1);
    told.since = event.at;
  }

  std::uint64_t limit(std::uint64_t said) const { return said == 0 ? unsaid_ : said; }

  void judge(const WireEvent& event, const Told& told) {
    const Dialogue* dialogue = dialogues_.find(event.connection, event.direction);
    // Void at once: a Choke overtook it.
    if (dialogue == nullptr || dialogue->open.empty() || dialogue->open.back().block != event.message.block()) return;
    ++requests_;
    std::uint64_t most = limit(told.now);
    if (event.decided_earliest <= told.since + facts_.peers[event.from.value()].reaction_time) most = std::max(most, told.before);
    const std::uint64_t open = dialogue->open.size();
    if (told.now > 0 && 2 * open >= most) came_near_ = true;
    if (open * fullest_.limit > fullest_.open * most) fullest_ = {open, most};
    if (open <= most) return;
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    const std::string& who = facts_.name(event.from);
    const std::string& whom = facts_.name(event.to);
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} has {} open at {}, which keeps {}", who, counted(open, "request"), whom, most);
    if (told.now > 0) first_.story.push_back(story_line(told.since, fmt::format("{} has told {} \"reqq\": {}", whom, who, told.now)));
    else first_.story.push_back(fmt::format("{} has told {} no \"reqq\"; {} are assumed", whom, who, unsaid_));
    const AskedBlock& oldest = dialogue->open.front();
    first_.story.push_back(story_line(
        oldest.decided, fmt::format("the oldest that is still open: {}",
                                    conversation(facts_, event.from, event.to, "REQUEST " + to_words(oldest.block)))));
    first_.story.push_back(
        story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message) + " decided: one too many"));
    first_.story.push_back("look at what bounds the depth of a peer's pipeline: the \"reqq\" of its extension handshake must");
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  const Dialogues& dialogues_;
  std::uint64_t unsaid_;
  PerSide<Told> told_;                 // by the side that asks
  struct { std::uint64_t open = 0; std::uint64_t limit = 1; } fullest_;
  std::uint64_t requests_ = 0;
  std::uint64_t wrong_ = 0;
  bool came_near_ = false;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kRespectsReqq{
    .name = "respects_reqq",
    .claim = "nobody has more requests open at a peer than the peer said it keeps",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B24",
    .parameters = kParameters,
    .text = R"(BEP 10: "reqq", the number of outstanding request messages that a client supports without dropping any.
Whenever a Request is sent, those open at that peer are counted, itself included: sent, and neither answered nor
cancelled nor voided by a Choke.  They may be as many as the peer's extension handshake said, from when it had
arrived; of a peer that says nothing as many as `unsaid`.  Vacuous when nobody had half as many open as a peer had
said.  Whether blocks that a peer silently dropped are asked for again is for requests_survive_silence.  Provoke it
with a peer that keeps few requests (`request_queue: 16` and drops_surplus) at the end of a long, fast path, where a
deep pipeline tempts.)",
    .declared = "the \"reqq\" of each extension handshake, reaction_time",
    .needs = {Feature::ext},
};

std::unique_ptr<Check> make_respects_reqq(const CheckContext& context) { return std::make_unique<RespectsReqq>(context); }

}  // namespace swarmlab::swarmsim
