// SlotTimes: for how long each peer had each other peer unchoked, while the swarm was whole.
//
// Studies of incentives ask to whom a class of peers gives its slots (Legout et al. 2007: clustering) and whether a seed serves
// everybody alike.  Both make sense only while everybody is there: so time is counted until the first peer that came with less than
// everything has completed.
//
// A slot is held by who is unchoked and interested.  Which of a client's slots are optimistic does not show on the wire.  Those that
// hold their slots longest, as many as the client declares regular slots (upload_slots - optimistic), count as regular: optimistic
// turns are short, and what reciprocity earned lasts.  A partner's first moments are missed thus, and who is new beside another
// optimistic turn may be taken for it: a bound of the slots' ends, not of their middle.
#pragma once

#include <map>
#include <span>
#include <utility>
#include <vector>

#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/checks/slot_watch.hpp"

namespace swarmlab::swarmsim {

class SlotTimes final : private SpellHandler {
 public:
  // `facts` outlives it.
  explicit SlotTimes(const RunFacts& facts);
  SlotTimes(const SlotTimes&) = delete;   // the watch refers to it

  static EventSet interest() { return SlotWatch::interest(); }
  void on_event(const WireEvent& event) { watch_.on_event(event); }
  // Somebody has everything now that it lacked; the first time counts.
  void on_completed(Time at) { whole_until_ = std::min(whole_until_, at); }
  void finish(Time end) { watch_.finish(end); }

  // Complete after finish().
  Duration slots(HostId client, HostId peer) const { return sum_of(client, peer).all; }
  Duration regular_slots(HostId client, HostId peer) const { return sum_of(client, peer).regular; }

 private:
  struct Sum { Duration all{}; Duration regular{}; };

  void on_spell(const Spell& spell) override;
  Sum sum_of(HostId client, HostId peer) const;

  const RunFacts& facts_;
  Time whole_until_ = kNever;
  std::map<std::pair<HostId, HostId>, Sum> sums_;   // by client, then by whom it serves
  std::vector<const Seat*> served_;                 // of one spell
  SlotWatch watch_;
};

}  // namespace swarmlab::swarmsim
