#include "swarmsim/checks/slots_go_to_interested.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/slot_terms.hpp"
#include "swarmsim/checks/slot_watch.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that give slots"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "the longest wait for a slot that is wasted (default: the declared rechoke_interval and 1 s)"},
    SlotTerms::kSlots,
};

class SlotsGoToInterested final : public Check, private SpellHandler {
 public:
  explicit SlotsGoToInterested(const CheckContext& context)
      : facts_(context.facts), terms_(context.arguments),
        watch_(context.arguments.peers("who"), facts_.peers.size(), *this) {}

  EventSet interest() const override { return SlotWatch::interest(); }
  void on_event(const WireEvent& event) override { watch_.on_event(event); }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    watch_.finish(end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("longest wait for a wasted slot {}; demand beside idle peers for {}", to_text(longest_),
                                     to_text(tempted_));
    judgement.number = MeasuredNumber{"longest wait", Number::of(longest_), Unit::time};
    judgement.limit = to_text(limit_);
    if (judgement.verdict == Verdict::held && tempted_ == Duration{}) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "at no time did somebody wait for a slot while a peer without interest was connected; there was "
                          "nothing to judge";
    }
    watch_.hedge(judgement);
    return judgement;
  }

 private:
  void on_spell(const Spell& spell) override {
    const PeerFacts& client = facts_.peers[spell.client.value()];
    const std::uint64_t slots = terms_.slots(client);
    const Duration within = terms_.within(client);
    limit_ = std::max(limit_, within);
    const Seat* waster = nullptr;
    bool has_idle = false;
    bool has_waiting = false;
    for (const Seat& seat : spell.seats) {
      if (seat.leaving) continue;
      has_idle = has_idle || !seat.interested;
      has_waiting = has_waiting || (seat.interested && !seat.unchoked);
      if (seat.unchoked && !seat.interested && waster == nullptr) waster = &seat;
    }
    if (spell.unchoked >= slots && has_idle && has_waiting) tempted_ += spell.to - spell.from;
    const bool wastes = waster != nullptr && spell.unchoked >= slots && spell.served < slots;
    for (const Seat& seat : spell.seats) {
      Time& waits_since = waits_since_.at(seat.connection, seat.writes).at;
      if (!wastes || !seat.interested || seat.unchoked || seat.leaving) {
        waits_since = kNever;
        continue;
      }
      if (waits_since == kNever) waits_since = std::max(spell.from, seat.may_start(client.rechoke_interval));
      longest_ = std::max(longest_, spell.to - waits_since);
      if (spell.to - waits_since > within) accuse(spell, seat, *waster, waits_since, slots, within);
    }
  }

  void accuse(const Spell& spell, const Seat& seat, const Seat& waster, Time since, std::uint64_t slots, Duration within) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    const std::string& client = facts_.name(spell.client);
    const std::string& waiting = facts_.name(seat.peer);
    const std::string& idle = facts_.name(waster.peer);
    first_.summary = fmt::format("{} keeps {} unchoked, which wants nothing, while {} waits for a slot: {} (limit {})", client,
                                 idle, waiting, to_text(spell.to - since), to_text(within));
    std::vector<std::pair<Time, std::string>> steps{
        {waster.interest_changed, waster.interest_changed == waster.connected
                                      ? fmt::format("{} is connected to {} and never says it is interested", idle, client)
                                      : conversation(facts_, waster.peer, spell.client, "NOT INTERESTED received")},
        {seat.interest_changed, conversation(facts_, seat.peer, spell.client, "INTERESTED received")}};
    if (waster.held_since != kNever)
      steps.emplace_back(waster.held_since, conversation(facts_, spell.client, waster.peer, "UNCHOKE"));
    std::ranges::sort(steps);
    for (const auto& [at, what] : steps) first_.story.push_back(story_line(at, what));
    first_.story.push_back(story_line(spell.to, fmt::format("{} of {} slots serve somebody, {} is choked still",
                                                            spell.served, slots, waiting)));
    first_.story.push_back("look at whom the choker ranks: only peers that said Interested, the optimistic slot included");
  }

  const RunFacts& facts_;
  SlotTerms terms_;
  PerSide<Since> waits_since_;
  SlotWatch watch_;
  Duration longest_{};
  Duration tempted_{};   // demand beyond the slots beside peers without interest
  Duration limit_{};
  Judgement first_;
};

}  // namespace

constinit const CheckManual kSlotsGoToInterested{
    .name = "slots_go_to_interested",
    .claim = "no slot stays with a peer that wants nothing while another waits for it",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B02",
    .parameters = kParameters,
    .text = R"(While all slots are taken, one of them by a peer that is not interested, no interested peer waits longer than a
rechoke round and 1 s for it.  Spare slots may be given to whoever wants nothing.  Who was choked less than a round ago
may be left alone for the rest of it.  Several clients asked "is it not a seed" instead of "is it
interested", and served nobody.  Vacuous when at no time somebody waited for a slot while a peer without interest
was connected.  Provoke it with a leecher between many seeds, which want nothing, and hungry peers.)",
    .declared = "upload_slots, rechoke_interval, tit_for_tat",
    .of_tit_for_tat = true,
};

std::unique_ptr<Check> make_slots_go_to_interested(const CheckContext& context) {
  return std::make_unique<SlotsGoToInterested>(context);
}

}  // namespace swarmlab::swarmsim
