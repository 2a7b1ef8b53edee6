// Entropy: how much of their time together leechers are of interest to each other (Legout et al. 2006).
//
// Of two peers that are connected, the local one is interested in the other for a share of the time; where pieces are well mixed
// it always finds something there, and the share is near one.  The paper takes, for each local peer, the median and the 20th percentile of
// these shares over the peers in its peer set.
//
// Time counts while both are connected and lack something (a seed is always of interest), once the transient is over (PieceSpread):
// before, what everybody lacks is with the seed.  Interest is what the local peer says, when it says so.  Who was together for less
// than ten seconds is left out, as in the paper.
#pragma once

#include <span>
#include <vector>

#include "swarmsim/checks/arrivals.hpp"
#include "swarmsim/expect/number.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

class Entropy {
 public:
  static constexpr Duration kLeastTogether = 10s;

  // `peer_count` leaves out trackers.
  Entropy(std::size_t peer_count, const Arrivals& arrivals) : peer_count_(peer_count), arrivals_(arrivals) {}

  static EventSet interest();
  // Other events than those are ignored.
  void on_event(const WireEvent& event);

  // The shares of its time with each of `others` (sorted) for which `local` was interested, by nearest rank; counted from `from`
  // to `end`.  Nothing where it was with nobody for long enough.
  Number share(HostId local, std::span<const HostId> others, int percentile, Time from, Time end) const;

 private:
  // One side of a connection.
  struct Acquaintance {
    HostId local;
    HostId remote;
    Time opened = kNever;
    Time ended = kNever;
    std::vector<Time> turns;   // interested from the first on, not from the second on, and so forth
  };
  struct Together { Duration all{}; Duration interested{}; };

  Acquaintance& side(ConnectionId connection, Direction writes);
  void turn(const WireEvent& event, bool to_interested);
  Together together(const Acquaintance& who, Time from, Time to) const;

  std::size_t peer_count_;
  const Arrivals& arrivals_;
  std::vector<Acquaintance> sides_;   // two per connection, by its number: by the direction in which the local one writes
};

}  // namespace swarmlab::swarmsim
