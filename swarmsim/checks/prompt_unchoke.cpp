#include "swarmsim/checks/prompt_unchoke.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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
                    "the longest wait beside a free slot (default: the declared rechoke_interval and 1 s)"},
    SlotTerms::kSlots,
};

class PromptUnchoke final : public Check, private SpellHandler {
 public:
  explicit PromptUnchoke(const CheckContext& context)
      : facts_(context.facts), terms_(context.arguments),
        watch_(context.arguments.peers("who"), facts_.peers.size(), *this) {}

  EventSet interest() const override { return SlotWatch::interest(); }
  void on_event(const WireEvent& event) override { watch_.on_event(event); }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    watch_.finish(end.at);
    Judgement judgement = first_;
    judgement.limit = fmt::format("{} beside a free slot", to_text(limit_));
    std::ranges::sort(waits_);
    judgement.measured = waits_.empty() ? "nobody was unchoked into a free slot"
                                        : fmt::format("median wait {}, longest {}, of {}", to_text(waits_[waits_.size() / 2]),
                                                      to_text(waits_.back()), waits_.size());
    if (!waits_.empty()) judgement.number = MeasuredNumber{"median wait", Number::of(waits_[waits_.size() / 2]), Unit::time};
    if (judgement.verdict == Verdict::held && waits_.empty()) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody became interested while a slot was free; there was nothing to judge";
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
    for (const Seat& seat : spell.seats) {
      Time& waits_since = waits_since_.at(seat.connection, seat.writes).at;
      if (seat.unchoked) {
        // A wait that a free slot ended; or none at all, where interest was answered in the same instant.
        if (waits_since != kNever) waits_.push_back(std::max(Duration{}, spell.from - waits_since));
        else if (seat.interested && seat.changed == spell.from && seat.interest_changed == spell.from) waits_.push_back({});
      }
      const bool is_owed = seat.interested && !seat.unchoked && !seat.leaving && spell.served < slots;
      if (!is_owed) {
        waits_since = kNever;
        continue;
      }
      if (waits_since == kNever) waits_since = std::max(spell.from, seat.may_start(client.rechoke_interval));
      if (spell.to - waits_since > within) accuse(spell, seat, waits_since, slots, within);
    }
  }

  void accuse(const Spell& spell, const Seat& seat, Time since, std::uint64_t slots, Duration within) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    const std::string& client = facts_.name(spell.client);
    const std::string& peer = facts_.name(seat.peer);
    first_.summary = fmt::format("{} lets {} wait for {} although only {} of its {} slots serve somebody (limit {})", client,
                                 peer, to_text(spell.to - since), spell.served, slots, to_text(within));
    first_.story.push_back(
        story_line(seat.interest_changed, conversation(facts_, seat.peer, spell.client, "INTERESTED received")));
    if (seat.was_choked)
      first_.story.push_back(story_line(seat.changed, conversation(facts_, spell.client, seat.peer, "CHOKE")));
    first_.story.push_back(story_line(since, fmt::format("from here on {} could have been unchoked", peer)));
    first_.story.push_back(story_line(spell.to, fmt::format("{} is choked still; {} serves {} of {} interested peers", peer,
                                                            client, spell.served, spell.interested)));
    first_.story.push_back("look at what the client does when Interested arrives, when a peer leaves, and at each round");
  }

  const RunFacts& facts_;
  SlotTerms terms_;
  PerSide<Since> waits_since_;
  SlotWatch watch_;
  std::vector<Duration> waits_;
  Duration limit_{};
  Judgement first_;
};

}  // namespace

constinit const CheckManual kPromptUnchoke{
    .name = "prompt_unchoke",
    .claim = "nobody who is interested waits beside a free slot",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B01",
    .parameters = kParameters,
    .text = R"(While a client has fewer unchoked and interested peers than slots, no interested peer stays choked longer than the
given time.  A client that unchokes at once, as ours does, is held to 1 s; one that waits for its round needs the
default.  Who was choked less than a round ago may be left alone for the rest of it (choke_hysteresis), and a peer
whose connection is about to end is owed nothing.  Reports the median: half a round is the signature of a client that
always waits for the tick.  Vacuous when nobody became interested beside a free slot.  Provoke it with a
seed that has as many slots as peers, and peers that join between two rounds.)",
    .declared = "upload_slots, rechoke_interval, tit_for_tat",
    .of_tit_for_tat = true,
};

std::unique_ptr<Check> make_prompt_unchoke(const CheckContext& context) { return std::make_unique<PromptUnchoke>(context); }

}  // namespace swarmlab::swarmsim
