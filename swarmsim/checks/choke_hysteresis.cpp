#include "swarmsim/checks/choke_hysteresis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that choke and unchoke"},
    ParameterManual{"window", ParameterKind::duration, Need::optional,
                    "the time in which two changes are allowed (default: each peer's declared rechoke_interval)"},
};

class ChokeHysteresis final : public Check {
 public:
  explicit ChokeHysteresis(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who"), facts_.peers.size()),
        window_(context.arguments.duration("window", Duration{})), is_stopped_(facts_.peers.size(), false) {}

  EventSet interest() const override {
    return EventSet{}
        .sent(MessageKind::choke)
        .sent(MessageKind::unchoke)
        .received(MessageKind::not_interested)
        .add(WireEventKind::joined)
        .add(WireEventKind::stopped);
  }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::stopped || event.kind == WireEventKind::joined) {
      // A client that goes may choke everybody first.
      is_stopped_[event.from.value()] = event.kind == WireEventKind::stopped;
    } else if (event.kind == WireEventKind::received) {
      // Who answers the other side's own change of mind is not flapping.
      if (!who_.has(event.to)) return;
      changes_.reader(event).count = 0;
      changes_.reader(event).interest_lost = event.at;
    } else if (who_.has(event.from) && !is_stopped_[event.from.value()]) {
      on_change(event, changes_.writer(event));
    }
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.limit = judged_ > 0 ? fmt::format("2 changes in {}", to_text(limit_)) : "2 changes in a round";
    if (judged_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.measured = "no peer was choked and unchoked three times";
      judgement.summary = "nobody changed the choke state of one peer three times; there was nothing to judge";
    } else {
      judgement.measured = fmt::format("three changes in {} at the shortest, of {}", to_text(shortest_), judged_);
      judgement.number = MeasuredNumber{"shortest for three changes", Number::of(shortest_), Unit::time};
    }
    return judgement;
  }

 private:
  struct Change { Time earliest{}; Time latest{}; bool is_choke = false; };
  struct Changes {
    std::array<Change, 2> last{};   // the newer one second
    std::uint32_t count = 0;        // of those that are known, at most 2
    bool is_choking = true;         // as the messages say, whether or not they count
    Time interest_lost = kStart;    // when the last Not Interested came
  };

  void on_change(const WireEvent& event, Changes& changes) {
    const bool is_choke = event.message.kind == MessageKind::choke;
    if (is_choke == changes.is_choking) return;   // says nothing new: state_messages_alternate
    changes.is_choking = is_choke;
    if (event.decided_earliest < changes.interest_lost) return;   // sent after the Not Interested, decided before it
    const Change change{event.decided_earliest, event.decided_latest, is_choke};
    if (changes.count == 2) judge(event, changes, change);
    changes.last = {changes.last[1], change};
    changes.count = std::min(changes.count + 1, 2u);
  }

  void judge(const WireEvent& event, const Changes& changes, const Change& third) {
    ++judged_;
    const Duration span = third.latest - changes.last[0].earliest;   // the most it can have been
    const Duration window = window_ > Duration{} ? window_ : facts_.peers[event.from.value()].rechoke_interval;
    if (span < shortest_) {
      shortest_ = span;
      limit_ = window;
    }
    if (span >= window || first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} changed its mind about {} three times in {} (limit: twice in {})",
                                 facts_.name(event.from), facts_.name(event.to), to_text(span), to_text(window));
    for (const Change& change : {changes.last[0], changes.last[1], third})
      first_.story.push_back(story_line(
          change.earliest, conversation(facts_, event.from, event.to, change.is_choke ? "CHOKE" : "UNCHOKE")));
    first_.story.push_back("look at the choker: between two rounds a peer that was choked lately must not be unchoked, and "
                           "equal rates must not change places");
  }

  const RunFacts& facts_;
  PeerSet who_;
  Duration window_;
  std::vector<bool> is_stopped_;
  PerSide<Changes> changes_;
  std::uint64_t judged_ = 0;
  Duration shortest_ = kNever - kStart;
  Duration limit_{};
  Judgement first_;
};

}  // namespace

constinit const CheckManual kChokeHysteresis{
    .name = "choke_hysteresis",
    .claim = "no peer is choked and unchoked more than twice in a rechoke round",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B07",
    .parameters = kParameters,
    .text = R"(BEP 3: "avoid choking and unchoking quickly, known as fibrillation"; TCP does badly on it, and the requests in
flight are lost with each Choke.  Three changes of one peer's choke state must be at least a rechoke round
apart, first to last, by the times at which they were decided.  Changes before and after a Not Interested of that peer
are not added up, nor those of a client that is being stopped.  Vacuous when nobody's state changed three times.
Provoke it with one slot less than there are peers and rates that cross each other.)",
    .declared = "rechoke_interval",
};

std::unique_ptr<Check> make_choke_hysteresis(const CheckContext& context) {
  return std::make_unique<ChokeHysteresis>(context);
}

}  // namespace swarmlab::swarmsim
