#include "swarmsim/checks/slots_follow_useful_rate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/slot_watch.hpp"
#include "swarmsim/checks/story.hpp"
#include "swarmsim/checks/useful_bytes.hpp"

namespace swarmlab::swarmsim {
namespace {

// Fewer judged rounds than this tell nothing about nine out of ten.
constexpr std::uint64_t kLeastRounds = 20;
// Rounds in a row in which a peer is clearly among the best before it must hold a slot: the client's rounds are not ours.
constexpr std::uint32_t kSettled = 3;
// Clearly: at least twice the rate.  Clients give holders a bonus, and measure over slightly different times.
constexpr std::uint64_t kClearly = 2;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose regular slots are judged while they leech"},
    ParameterManual{"after", ParameterKind::duration, Need::optional, "from each peer's joining on (default: 2 min)"},
};

class SlotsFollowUsefulRate final : public Check, private SpellHandler {
 public:
  explicit SlotsFollowUsefulRate(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")),
        after_(context.arguments.duration("after", 2min)), tallies_(who_.size()),
        useful_(facts_, arrivals_, who_, part_within_windows(facts_, who_)), watch_(who_, facts_.peers.size(), *this) {}

  EventSet interest() const override { return EventSet{SlotWatch::interest()}.add(UsefulBytes::interest()); }

  void on_event(const WireEvent& event) override {
    useful_.on_event(event);
    watch_.on_event(event);
  }

  bool is_ready(Time, Disks&) override {
    for (std::size_t i = 0; i < who_.size(); ++i)
      if (tallies_[i].judged < kLeastRounds && !arrivals_.is_complete(who_[i])) return false;
    return true;
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    watch_.finish(end.at);
    Judgement judgement;
    judgement.limit = "held in 90 % of them";
    bool is_judged = false;
    for (std::size_t i = 0; i < who_.size(); ++i) {
      if (tallies_[i].judged < kLeastRounds || judgement.verdict == Verdict::violated) continue;
      is_judged = true;
      judge(facts_.name(who_[i]), tallies_[i], judgement);
    }
    if (!is_judged) {
      judgement.verdict = Verdict::vacuous;
      judgement.measured = "too few rounds to judge";
      judgement.summary =
          fmt::format("in fewer than {} rounds somebody gave clearly more than others that competed", kLeastRounds);
    }
    watch_.hedge(judgement);
    return judgement;
  }

 private:
  struct Streak { std::uint32_t rounds = 0; };
  struct Rated { const Seat* seat = nullptr; std::uint64_t bytes = 0; };
  struct Miss { Time at{}; HostId best; std::uint64_t bytes = 0; HostId holder; std::uint64_t holder_bytes = 0; Duration window{}; };
  struct Tally {
    std::uint64_t judged = 0;    // rounds and peers
    std::uint64_t held = 0;
    std::vector<Miss> misses;    // the first four
  };

  void on_spell(const Spell& spell) override {
    const Duration round = facts_.peers[spell.client.value()].rechoke_interval;
    // The state of the spell is what was in force just before each of these.
    const std::int64_t first = (spell.from - kStart) / round + 1;
    const std::int64_t last = (spell.to - kStart) / round;
    for (std::int64_t i = first; i <= last; ++i) look(spell, kStart + i * round);
  }

  void look(const Spell& spell, Time at) {
    const PeerFacts& client = facts_.peers[spell.client.value()];
    if (at < client.joins + after_ || arrivals_.completed_at(spell.client) <= at) return;
    const std::uint64_t regular = client.upload_slots - std::min(client.optimistic, client.upload_slots);
    const std::int64_t part = useful_.part_of(at);
    const std::int64_t parts = std::max<std::int64_t>(1, client.rate_window / useful_.part());
    rated_.clear();
    for (const Seat& seat : spell.seats)
      if (seat.interested && !seat.leaving)
        rated_.push_back({&seat, useful_.sum(seat.connection, opposite(seat.writes), part - parts, part)});
    for (const Rated& one : rated_) {
      Streak& streak = streaks_.at(one.seat->connection, one.seat->writes);
      const auto rivals = static_cast<std::uint64_t>(std::ranges::count_if(
          rated_, [&](const Rated& other) { return other.seat != one.seat && kClearly * other.bytes > one.bytes; }));
      const bool is_clear = one.bytes > 0 && rivals < regular && rated_.size() > client.upload_slots;
      streak.rounds = is_clear ? streak.rounds + 1 : 0;
      if (streak.rounds >= kSettled) count(tallies_[spell.number], one, at, parts * useful_.part());
    }
  }

  void count(Tally& tally, const Rated& best, Time at, Duration window) {
    ++tally.judged;
    if (best.seat->unchoked) {
      ++tally.held;
      return;
    }
    if (tally.misses.size() >= 4) return;
    Miss miss{at, best.seat->peer, best.bytes, best.seat->peer, 0, window};
    for (const Rated& other : rated_)   // of those that are served instead, the one that gives most
      if (other.seat->unchoked && (miss.holder == miss.best || other.bytes > miss.holder_bytes)) {
        miss.holder = other.seat->peer;
        miss.holder_bytes = other.bytes;
      }
    tally.misses.push_back(miss);
  }

  void judge(const std::string& client, const Tally& tally, Judgement& judgement) const {
    judgement.measured = fmt::format("{} of {} rounds in which somebody gave twice as much as others", tally.held, tally.judged);
    if (tally.held * 10 >= tally.judged * 9) return;
    judgement.verdict = Verdict::violated;
    judgement.summary = fmt::format("{} left its best givers choked in {} of {} rounds (limit 10 %)", client,
                                    tally.judged - tally.held, tally.judged);
    for (const Miss& miss : tally.misses) {
      std::string line = fmt::format("{} gave {} in the last {} and is choked", facts_.name(miss.best),
                                     to_text(ByteCount(static_cast<std::int64_t>(miss.bytes))), to_text(miss.window));
      if (miss.holder != miss.best)
        line += fmt::format(", {} gave {} and is not", facts_.name(miss.holder),
                            to_text(ByteCount(static_cast<std::int64_t>(miss.holder_bytes))));
      judgement.story.push_back(story_line(miss.at, line));
    }
    judgement.story.push_back("look at what feeds the rates (only blocks that were asked for and are new), over which time, and "
                              "at the order in which the choker takes them");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  std::vector<HostId> who_;
  Duration after_;
  std::vector<Tally> tallies_;   // by position in who_
  std::vector<Rated> rated_;     // of one look
  PerSide<Streak> streaks_;
  UsefulBytes useful_;
  SlotWatch watch_;
};

}  // namespace

constinit const CheckManual kSlotsFollowUsefulRate{
    .name = "slots_follow_useful_rate",
    .claim = "regular slots go to those who give most that is of use",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B10",
    .parameters = kParameters,
    .text = R"(Tit for tat (BEP 3; Cohen 2003): a leecher reciprocates with the peers from which it gets most.  Of use are blocks
that were asked for and new when they came; duplicates and unrequested blocks earn nothing.  Once a round it is
looked who clearly belongs to the best: fewer interested peers than there are regular slots gave more than half as
much in the declared window, more peers are interested than there are slots, and that for three rounds.  Such
a peer is unchoked in at least nine of ten rounds.  Rates that are alike are not judged.  Vacuous with fewer than
20 such rounds.  Provoke it with givers at 4:1 that unchoke the subject whatever it does, and with a peer that
pushes many blocks nobody asked for.)",
    .declared = "upload_slots, optimistic, rechoke_interval, rate_window, tit_for_tat",
    .of_tit_for_tat = true,
};

std::unique_ptr<Check> make_slots_follow_useful_rate(const CheckContext& context) {
  return std::make_unique<SlotsFollowUsefulRate>(context);
}

}  // namespace swarmlab::swarmsim
