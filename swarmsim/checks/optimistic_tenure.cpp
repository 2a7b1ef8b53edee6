#include "swarmsim/checks/optimistic_tenure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/slot_watch.hpp"
#include "swarmsim/checks/story.hpp"
#include "swarmsim/checks/time_buckets.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kGrace = 1s;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose optimistic slots are judged while they leech"},
    ParameterManual{"period", ParameterKind::duration, Need::optional,
                    "how long such a slot is meant to last (default: each peer's declared optimistic_interval)"},
};

class OptimisticTenure final : public Check, private SpellHandler {
 public:
  explicit OptimisticTenure(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who"), facts_.peers.size()),
        period_(context.arguments.duration("period", Duration{})),
        given_(part_within_windows(facts_, context.arguments.peers("who"))),
        watch_(context.arguments.peers("who"), facts_.peers.size(), *this) {}

  EventSet interest() const override { return SlotWatch::interest().received(MessageKind::piece); }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::received && event.message.kind == MessageKind::piece) {
      if (who_.has(event.to)) given_.add(event.connection, event.direction, event.at, event.message.length);
      return;
    }
    watch_.on_event(event);
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    watch_.finish(end.at);
    Judgement judgement = first_;
    judgement.limit = fmt::format("at least {}", to_text(limit_));
    if (judged_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.measured = "no choke ended a turn that was surely optimistic";
      judgement.summary = "no optimistic turn was ended by a Choke while others had earned all regular slots; there was "
                          "nothing to judge";
    } else {
      judgement.measured = fmt::format("shortest optimistic turn {}, of {}", to_text(shortest_), judged_);
      judgement.number = MeasuredNumber{"shortest turn", Number::of(shortest_), Unit::time};
    }
    watch_.hedge(judgement);
    return judgement;
  }

 private:
  struct Turn {
    Time begun = kNever;
    bool is_surely_optimistic = false;
    bool ended_by_itself = false;   // interest was lost, or the connection was about to end
  };

  void on_spell(const Spell& spell) override {
    const PeerFacts& client = facts_.peers[spell.client.value()];
    const std::uint32_t optimistic = std::min(client.optimistic, client.upload_slots);
    // The regular slots are all held by peers that earned them, at both ends of the spell.
    const bool regular_are_earned =
        std::min(earners(spell, spell.from), earners(spell, spell.to)) >= client.upload_slots - optimistic;
    for (const Seat& seat : spell.seats) {
      Turn& turn = turns_.at(seat.connection, seat.writes);
      if (!seat.unchoked) {
        if (seat.changed == spell.from && turn.begun == seat.held_since) judge(spell, seat, turn, client);
        turn.begun = kNever;
        continue;
      }
      if (seat.held_since == spell.from) turn = {spell.from, true, false};
      turn.is_surely_optimistic = turn.is_surely_optimistic && regular_are_earned &&
                                  !may_have_given(seat, spell, client.rate_window);
      turn.ended_by_itself = turn.ended_by_itself || !seat.interested || seat.leaving;
    }
  }

  // At any time up to the end of the spell at which its rate could count in the spell.
  bool may_have_given(const Seat& seat, const Spell& spell, Duration window) {
    return given_.sum(seat.connection, opposite(seat.writes), given_.part_of(std::max(kStart, spell.from - window)),
                      given_.part_of(spell.to) + 1) > 0;
  }
  // Surely so lately that its rate counts.
  bool gave_lately(const Seat& seat, Time at) {
    const std::int64_t part = given_.part_of(at);
    return given_.sum(seat.connection, opposite(seat.writes), part - 1, part) > 0;
  }

  std::uint32_t earners(const Spell& spell, Time at) {
    return static_cast<std::uint32_t>(std::ranges::count_if(
        spell.seats, [&](const Seat& seat) { return seat.unchoked && seat.interested && gave_lately(seat, at); }));
  }

  void judge(const Spell& spell, const Seat& seat, const Turn& turn, const PeerFacts& client) {
    const bool is_leeching = arrivals_.completed_at(spell.client) > spell.from;
    if (!turn.is_surely_optimistic || turn.ended_by_itself || seat.leaving || !seat.interested || !is_leeching) return;
    ++judged_;
    const Duration held = spell.from - turn.begun;
    const Duration period = period_ > Duration{} ? period_ : client.optimistic_interval;
    const Duration least = period - client.rechoke_interval - kGrace;
    if (held < shortest_) {
      shortest_ = held;
      limit_ = least;
    }
    if (held >= least || first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    const std::string& name = facts_.name(seat.peer);
    first_.summary = fmt::format("{} takes the optimistic slot from {} after {} (at least {})", facts_.name(spell.client),
                                 name, to_text(held), to_text(least));
    first_.story.push_back(story_line(turn.begun, conversation(facts_, spell.client, seat.peer, "UNCHOKE")));
    first_.story.push_back(story_line(
        turn.begun, fmt::format("{} gives nothing, and others have earned all {} regular slots: this one is optimistic",
                                name, client.upload_slots - std::min(client.optimistic, client.upload_slots))));
    first_.story.push_back(story_line(spell.from, conversation(facts_, spell.client, seat.peer, "CHOKE") +
                                                      fmt::format("; {} is interested still", name)));
    first_.story.push_back(fmt::format("look at when the choker draws the optimistic peer anew: every {}, not at each round",
                                       to_text(period)));
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  PeerSet who_;
  Duration period_;
  TimeBuckets given_;
  PerSide<Turn> turns_;
  SlotWatch watch_;
  std::uint64_t judged_ = 0;
  Duration shortest_ = kNever - kStart;
  Duration limit_{};
  Judgement first_;
};

}  // namespace

constinit const CheckManual kOptimisticTenure{
    .name = "optimistic_tenure",
    .claim = "who gets the optimistic slot keeps it long enough to answer",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B04",
    .parameters = kParameters,
    .text = R"(BEP 3: the optimistic unchoke moves every 30 s, "enough time for the upload to get to full capacity, the
download to reciprocate, and the download to get to full capacity".  A turn that surely is optimistic (its holder
gave the client nothing, and others that did hold all regular slots from its beginning to its end) is not ended
by a Choke sooner than the declared interval less one round and 1 s.  It may end sooner when its holder loses
interest or leaves.  How long a turn may last is judged by optimistic_rotation.  Vacuous when no such turn
ended.  Provoke it with one reciprocator per regular slot and several peers that give nothing.)",
    .declared = "upload_slots, optimistic, rechoke_interval, optimistic_interval, rate_window, tit_for_tat",
    .of_tit_for_tat = true,
};

std::unique_ptr<Check> make_optimistic_tenure(const CheckContext& context) {
  return std::make_unique<OptimisticTenure>(context);
}

}  // namespace swarmlab::swarmsim
