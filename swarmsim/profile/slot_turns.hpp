// SlotTurns: how a client deals out its upload slots: how many, to whom, for how long, and at what moments it thinks again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/checks/slot_watch.hpp"
#include "swarmsim/profile/sample.hpp"
#include "swarmsim/profile/spacing.hpp"

namespace swarmlab::swarmsim {

class SlotTurns final : private SpellHandler {
 public:
  // What is seen before `from` is not counted: a client that knows nobody yet deals its slots out in its own way.
  SlotTurns(HostId client, const RunFacts& facts, Time from);
  SlotTurns(const SlotTurns&) = delete;   // the watch refers to it

  void on_event(const WireEvent& event);
  // After the last event.
  void finish(Time end) { watch_.finish(end); }

  // Of peers for whom `which` holds: how many were unchoked and interested at once, weighed by time: one sight for each tenth of a
  // second for which that is certain.
  using Which = std::function<bool(HostId)>;
  Sample in_use(const Which& which) const;
  // How long each of them was served without a break: turns that ended.
  Sample turns(const Which& which) const;
  // The beat of the moments at which it gave somebody a slot.
  std::optional<Spacing> beat() const;
  // From Interested to Unchoke, of peers that came while fewer than `slots` were in use.
  Sample waits_for_free_slot(std::int64_t slots) const;

 private:
  static constexpr Duration kStep = 100ms;
  struct Turn { HostId peer; Time begin{}; Time end = kNever; };
  struct Wait { Duration time{}; std::int64_t in_use = 0; };
  struct Partner {
    std::optional<std::size_t> turn;     // into turns_
    Time interested = kNever;            // and choked since it came
    std::int64_t in_use = 0;             // by others, when it became interested
  };

  void on_spell(const Spell& spell) override;
  void on_unchoke(Partner& partner, const WireEvent& event);
  // When a Choke was decided: it passes a slot on, so no later than the Unchoke that goes with it.
  Time when_decided(const WireEvent& choke) const;

  HostId client_;
  Time from_;
  SlotWatch watch_;
  std::vector<std::vector<HostId>> steps_;   // who held a slot, once for each kStep of a spell
  std::vector<Partner> partners_;            // by HostId
  std::vector<Turn> turns_;
  std::vector<Time> unchokes_;               // as they were sent
  std::vector<Wait> waits_;
};

}  // namespace swarmlab::swarmsim
