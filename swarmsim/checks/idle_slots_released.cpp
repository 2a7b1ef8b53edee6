#include "swarmsim/checks/idle_slots_released.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/slot_terms.hpp"
#include "swarmsim/checks/slot_watch.hpp"
#include "swarmsim/checks/stillness.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that give slots"},
    ParameterManual{"idle", ParameterKind::duration, Need::optional,
                    "how long a slot may lie still (default: 1 min, after which a silent uploader counts as snubbing, too)"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "the longest wait for a slot that lies still (default: the declared rechoke_interval and 1 s)"},
    SlotTerms::kSlots,
};

class IdleSlotsReleased final : public Check, private SpellHandler {
 public:
  explicit IdleSlotsReleased(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who"), facts_.peers.size()),
        idle_(context.arguments.duration("idle", 60s)), terms_(context.arguments),
        watch_(context.arguments.peers("who"), facts_.peers.size(), *this) {}

  EventSet interest() const override {
    return SlotWatch::interest()
        .received(MessageKind::request)
        .received(MessageKind::cancel)
        .sent(MessageKind::piece)
        .sent(MessageKind::reject);
  }

  void on_event(const WireEvent& event) override {
    switch (event.message.kind) {
      case MessageKind::request:
      case MessageKind::cancel:
        if (event.kind != WireEventKind::received || !who_.has(event.to)) return;
        still_.reader(event).add(
            event.at, event.message.kind == MessageKind::request ? Stillness::Move::asked : Stillness::Move::settled, idle_);
        return;
      case MessageKind::piece:
      case MessageKind::reject:
        if (event.kind != WireEventKind::sent || !who_.has(event.from)) return;
        still_.writer(event).add(event.at, Stillness::Move::settled, idle_);
        return;
      case MessageKind::choke:
      case MessageKind::unchoke:
        if (event.kind == WireEventKind::sent && who_.has(event.from)) still_.writer(event).void_requests(event.at);
        break;
      default: break;
    }
    watch_.on_event(event);
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    watch_.finish(end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("longest wait for a still slot {}; still slots taken back: {}", to_text(longest_), taken_);
    judgement.number = MeasuredNumber{"longest wait", Number::of(longest_), Unit::time};
    judgement.limit = to_text(limit_);
    if (judgement.verdict == Verdict::held && taken_ == 0 && tempted_ == Duration{}) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = fmt::format("no slot lay still for {} while somebody waited; there was nothing to judge",
                                      to_text(idle_));
    }
    watch_.hedge(judgement);
    return judgement;
  }

 private:
  void on_spell(const Spell& spell) override {
    cuts_.clear();
    for (const Seat& seat : spell.seats) {
      const Stillness& still = still_.at(seat.connection, seat.writes);
      if (seat.unchoked) still.cut(spell.from, spell.to, seat.held_since, idle_, cuts_);
      // The end of a turn that had lain still.
      else if (seat.was_choked && seat.changed == spell.from && is_still(seat, spell.from)) ++taken_;
    }
    std::ranges::sort(cuts_);
    cuts_.push_back(spell.to);
    Time from = spell.from;
    for (const Time to : cuts_) {
      if (to > from) judge(spell, from, to);
      from = to;
    }
  }

  bool is_still(const Seat& seat, Time at) {
    const Time since = still_.at(seat.connection, seat.writes).since(at);
    return since != kNever && at - std::max(since, seat.held_since) >= idle_;
  }
  // It had a slot, asked for nothing, and has not said anything new: a client need not believe it now.
  bool is_known_for_stillness(const Seat& seat, Time at) {
    if (seat.held_since == kNever || seat.interest_changed > seat.held_since) return false;
    const Time since = still_.at(seat.connection, seat.writes).since(at);
    return since != kNever && since <= seat.held_since;
  }

  // Nothing changes between the two times.
  void judge(const Spell& spell, Time from, Time to) {
    const PeerFacts& client = facts_.peers[spell.client.value()];
    const std::uint64_t slots = terms_.slots(client);
    const Duration within = terms_.within(client);
    limit_ = std::max(limit_, within);
    const Seat* waster = nullptr;
    std::uint32_t still = 0;
    for (const Seat& seat : spell.seats) {
      if (!seat.unchoked || !seat.interested || seat.leaving || !is_still(seat, from)) continue;
      ++still;
      if (waster == nullptr) waster = &seat;
    }
    const bool wastes = waster != nullptr && spell.served >= slots && spell.served - still < slots;
    bool has_waiting = false;
    for (const Seat& seat : spell.seats) {
      Time& waits_since = waits_since_.at(seat.connection, seat.writes).at;
      if (!wastes || !seat.interested || seat.unchoked || seat.leaving || is_known_for_stillness(seat, from)) {
        waits_since = kNever;
        continue;
      }
      has_waiting = true;
      if (waits_since == kNever) waits_since = std::max(from, seat.may_start(client.rechoke_interval));
      longest_ = std::max(longest_, to - waits_since);
      if (to - waits_since > within) accuse(spell, seat, *waster, waits_since, to, within);
    }
    if (has_waiting) tempted_ += to - from;
  }

  void accuse(const Spell& spell, const Seat& seat, const Seat& waster, Time since, Time to, Duration within) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    const std::string& client = facts_.name(spell.client);
    const std::string& waiting = facts_.name(seat.peer);
    const std::string& idle = facts_.name(waster.peer);
    const Time moved = std::max(still_.at(waster.connection, waster.writes).since(since), waster.held_since);
    first_.summary = fmt::format("{} keeps {} unchoked, which asks for nothing, while {} waits for a slot: {} (limit {})",
                                 client, idle, waiting, to_text(to - since), to_text(within));
    first_.story.push_back(story_line(waster.held_since, conversation(facts_, spell.client, waster.peer, "UNCHOKE")));
    first_.story.push_back(
        story_line(moved, fmt::format("from here on {} asks {} for nothing and gets nothing", idle, client)));
    first_.story.push_back(
        story_line(seat.interest_changed, conversation(facts_, seat.peer, spell.client, "INTERESTED received")));
    first_.story.push_back(story_line(since, fmt::format("the slot of {} has lain still for {} and {} could have it", idle,
                                                         to_text(since - moved), waiting)));
    first_.story.push_back(story_line(to, fmt::format("{} is unchoked still, {} is choked still", idle, waiting)));
    first_.story.push_back("look at what the choker takes for a use of a slot: said Interested is not enough, a Request counts");
  }

  const RunFacts& facts_;
  PeerSet who_;
  Duration idle_;
  SlotTerms terms_;
  PerSide<Stillness> still_;      // by the side that serves
  PerSide<Since> waits_since_;
  SlotWatch watch_;
  std::vector<Time> cuts_;        // of one spell
  Duration longest_{};
  Duration tempted_{};            // in which somebody waited beside a still slot
  std::uint64_t taken_ = 0;
  Duration limit_{};
  Judgement first_;
};

}  // namespace

constinit const CheckManual kIdleSlotsReleased{
    .name = "idle_slots_released",
    .claim = "a slot in which nothing moves is given to somebody who waits",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B06",
    .parameters = kParameters,
    .text = R"(A slot lies still when its holder, though interested, has sent no Request and been sent no block for the given time
since it was unchoked, and has nothing left to be answered.  While all slots are taken and one of them lies still, no
interested peer waits longer than a rechoke round and 1 s.  Not owed a slot is who had one, asked for nothing, and has not
become interested anew since; and for a round who was choked.  Who waits for answers is not judged: its line
may be stuck, and the Choke on it.  Holders without interest are the matter of slots_go_to_interested.  A block that
takes longer than the given time on a very slow line needs a larger one.  Vacuous when no slot lay still while somebody
waited.  Provoke it with peers that say Interested and never ask, at a seed whose turns are long.)",
    .declared = "upload_slots, rechoke_interval, tit_for_tat",
    .of_tit_for_tat = true,
};

std::unique_ptr<Check> make_idle_slots_released(const CheckContext& context) {
  return std::make_unique<IdleSlotsReleased>(context);
}

}  // namespace swarmlab::swarmsim
