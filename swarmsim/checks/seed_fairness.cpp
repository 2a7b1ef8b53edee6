#include "swarmsim/checks/seed_fairness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/slot_watch.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

// How many of the longest turns each peer's share has room for before it is judged: one more or less is then a
// quarter of the share, and the bounds are a half and twice.
constexpr std::int64_t kTurnsNeeded = 4;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that seed"},
    ParameterManual{"among", ParameterKind::peers, Need::required, "the equal peers that compete for their slots"},
    ParameterManual{"turn", ParameterKind::duration, Need::optional,
                    "the longest turn (default: twice the declared seed_turn_time, and a round)"},
};

class SeedFairness final : public Check, private SpellHandler {
 public:
  explicit SeedFairness(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")),
        among_(context.arguments.peers("among")), turn_(context.arguments.duration("turn", Duration{})),
        tallies_(who_.size()), watch_(who_, facts_.peers.size(), *this) {
    for (Tally& tally : tallies_) tally.shares.resize(among_.size());
  }

  EventSet interest() const override { return SlotWatch::interest(); }
  void on_event(const WireEvent& event) override { watch_.on_event(event); }

  bool is_ready(Time, Disks&) override {
    for (std::size_t i = 0; i < who_.size(); ++i)
      if (!has_enough(i)) return false;
    return true;
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    watch_.finish(end.at);
    Judgement judgement;
    judgement.limit = "half to twice a fair share";
    bool is_judged = false;
    for (std::size_t i = 0; i < who_.size(); ++i) {
      if (!has_enough(i)) continue;
      is_judged = true;
      judge(i, judgement);
    }
    if (!is_judged) {
      judgement.verdict = Verdict::vacuous;
      judgement.measured = fmt::format("all of them competed for {}", to_text(tallies_.front().time));
      judgement.summary = fmt::format("the peers competed for too short a time to tell; {} are needed",
                                      to_text(needed(who_.front())));
    }
    watch_.hedge(judgement);
    return judgement;
  }

 private:
  struct Service {
    Duration held{};
    Time waits_since = kNever;
    Duration longest_wait{};
    Time longest_from{};
  };
  struct Tally {
    Duration time{};              // in which all of them competed
    std::vector<Service> shares;    // by position in among_
  };

  Duration turn_of(HostId seed) const {
    const PeerFacts& facts = facts_.peers[seed.value()];
    return turn_ > Duration{} ? turn_ : 2 * facts.seed_turn_time + facts.rechoke_interval;
  }
  Duration needed(HostId seed) const {
    const auto slots = std::max<std::int64_t>(1, facts_.peers[seed.value()].upload_slots);
    return kTurnsNeeded * turn_of(seed) * static_cast<std::int64_t>(among_.size()) / slots;
  }
  bool has_enough(std::size_t i) const {
    return facts_.peers[who_[i].value()].upload_slots < among_.size() && tallies_[i].time >= needed(who_[i]);
  }

  void on_spell(const Spell& spell) override {
    Tally& tally = tallies_[spell.number];
    std::size_t competing = 0;
    for (const Seat& seat : spell.seats)
      if (seat.interested && !seat.leaving && std::ranges::binary_search(among_, seat.peer)) ++competing;
    const bool counts = competing == among_.size() && arrivals_.completed_at(spell.client) <= spell.from;
    if (counts) tally.time += spell.to - spell.from;
    for (const Seat& seat : spell.seats) {
      const auto place = std::ranges::lower_bound(among_, seat.peer);
      if (place == among_.end() || *place != seat.peer) continue;
      Service& share = tally.shares[static_cast<std::size_t>(place - among_.begin())];
      if (!counts || seat.unchoked) {
        share.waits_since = kNever;
        if (counts) share.held += spell.to - spell.from;
        continue;
      }
      if (share.waits_since == kNever) share.waits_since = spell.from;
      if (spell.to - share.waits_since > share.longest_wait) {
        share.longest_wait = spell.to - share.waits_since;
        share.longest_from = share.waits_since;
      }
    }
  }

  void judge(std::size_t i, Judgement& judgement) const {
    const Tally& tally = tallies_[i];
    const HostId seed = who_[i];
    const auto slots = static_cast<std::int64_t>(facts_.peers[seed.value()].upload_slots);
    const auto count = static_cast<std::int64_t>(among_.size());
    const Duration fair = tally.time * slots / count;
    const Duration longest_wait = turn_of(seed) * (count + slots) / slots;
    const auto [least, most] = std::ranges::minmax_element(tally.shares, {}, &Service::held);
    const auto patient = std::ranges::max_element(tally.shares, {}, &Service::longest_wait);
    const auto name = [&](auto share) -> const std::string& {
      return facts_.name(among_[static_cast<std::size_t>(share - tally.shares.begin())]);
    };
    judgement.measured = fmt::format("shares from {} ({}) to {} ({}) where {} is fair, longest wait {}", to_text(least->held),
                                     name(least), to_text(most->held), name(most), to_text(fair),
                                     to_text(patient->longest_wait));
    if (judgement.verdict == Verdict::violated) return;
    if (least->held < fair / 2)
      judgement.summary = fmt::format("{} served {} for {} of {}, less than half of a fair share ({})", facts_.name(seed),
                                      name(least), to_text(least->held), to_text(tally.time), to_text(fair));
    else if (most->held > 2 * fair)
      judgement.summary = fmt::format("{} served {} for {} of {}, more than two fair shares ({})", facts_.name(seed),
                                      name(most), to_text(most->held), to_text(tally.time), to_text(fair));
    else if (patient->longest_wait > longest_wait)
      judgement.summary = fmt::format("{} let {} wait for {} (limit {}: everybody's turn once, and one more)",
                                      facts_.name(seed), name(patient), to_text(patient->longest_wait), to_text(longest_wait));
    else return;
    judgement.verdict = Verdict::violated;
    for (const auto share : {least, most})
      judgement.story.push_back(fmt::format("{} was unchoked for {} of the {} in which all {} competed for {} slots",
                                            name(share), to_text(share->held), to_text(tally.time), count, slots));
    judgement.story.push_back(story_line(patient->longest_from, fmt::format("{} begins to wait, for {}", name(patient),
                                                                            to_text(patient->longest_wait))));
    judgement.story.push_back("look at the choker's seeding rule: when a turn counts as over, and who is next");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  std::vector<HostId> who_;
  std::vector<HostId> among_;       // sorted
  Duration turn_;
  std::vector<Tally> tallies_;      // by position in who_
  SlotWatch watch_;
};

}  // namespace

constinit const CheckManual kSeedFairness{
    .name = "seed_fairness",
    .claim = "a seed's slots go round among equal peers",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B05",
    .parameters = kParameters,
    .text = R"(Counted is the time in which all of the named peers are connected to the seed and interested, and there are more
of them than slots.  Each is unchoked for between half and twice its share of that time (slots / peers), and nobody
waits longer at a stretch than everybody's longest turn once, and one more.  The bounds are for seeds that serve
in turn, which leaves no chance in them; a seed that draws its turns by lot, or serves the fastest, is not fair in
this sense and not meant.  Vacuous when they competed for less than four of the longest turns each.
Provoke it on equal lines, and with two peers on slow ones, which must not end up owning slots.)",
    .declared = "upload_slots, rechoke_interval, seed_turn_time",
};

std::unique_ptr<Check> make_seed_fairness(const CheckContext& context) { return std::make_unique<SeedFairness>(context); }

}  // namespace swarmlab::swarmsim
