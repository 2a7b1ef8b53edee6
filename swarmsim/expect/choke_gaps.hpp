// ChokeGaps: how long a peer lets pass between two moments at which it chokes somebody who wants something (Cohen 2003: rounds of 10 s).
//
// Who loses interest may be choked at any time, and a slot that fell free may be given at once, so neither an Unchoke nor a
// Choke to who wants nothing tells of rounds.  Moments are those of the decision: a Choke may wait behind blocks.
#pragma once

#include <vector>

#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/expect/number.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

class ChokeGaps {
 public:
  explicit ChokeGaps(std::size_t peer_count) : moments_(peer_count) {}

  static EventSet interest();
  // Other events than those are ignored.
  void on_event(const WireEvent& event);
  // The shortest; nothing where it choked nobody at two different moments.
  Number shortest(HostId peer) const;

 private:
  PerSide<char> is_interested_;               // by the side that writes it
  std::vector<std::vector<Time>> moments_;    // by peer, as they were sent
};

}  // namespace swarmlab::swarmsim
