// Connections: who is connected to whom, since when, and under which peer ids.
//
// Between peers only; connections to trackers are left out.  A connection is open from the moment at which both ends agree
// until the first of them finishes or resets it, and shaken once both handshakes have arrived.  Kept once for all checks
// (books.hpp); constant time per event but for a look through the open connections of one peer.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "protocol/ids.hpp"
#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

struct PeerConnection {
  ConnectionId id;
  HostId dialler;
  HostId acceptor;
  bool is_between_peers = false;
  bool is_open = false;
  Time opened = kNever;
  Time heard_at[2] = {kNever, kNever};   // when the handshake of this direction arrived
  PeerId id_of[2];                       // which it presented
  Time ended = kNever;
  HostId ended_by;                       // the first
  StreamEnd how = StreamEnd::finished;

  HostId other(HostId end) const { return end == dialler ? acceptor : dialler; }
  // In a connection to itself a peer is told apart by direction only.
  Direction direction_of(HostId end) const { return end == dialler ? Direction::from_dialler : Direction::from_acceptor; }
  Time heard_from(Direction writes) const { return heard_at[static_cast<std::size_t>(writes)]; }
  const PeerId& presented_by(Direction writes) const { return id_of[static_cast<std::size_t>(writes)]; }
  // kNever while a handshake is missing.
  Time shaken() const { return std::max(heard_at[0], heard_at[1]); }
  bool joins(HostId a, HostId b) const { return (dialler == a && acceptor == b) || (dialler == b && acceptor == a); }
};

class Connections {
 public:
  explicit Connections(const RunFacts& facts) : open_of_(facts.peers.size()) {}

  static EventSet interest() {
    return EventSet{}.add(WireEventKind::opened).add(WireEventKind::ended).received(MessageKind::handshake);
  }
  void on_event(const WireEvent& event);

  // One that was opened, or null (also for connections of trackers).  Good until the next event.
  const PeerConnection* find(ConnectionId connection) const;
  // In the order of opening.  Of a connection to itself a peer has one.
  std::span<const ConnectionId> open_of(HostId peer) const { return open_of_[peer.value()]; }
  // The open connections between two.
  template <class Each>
  void for_each_between(HostId a, HostId b, Each each) const {
    const bool a_has_fewer = open_of_[a.value()].size() < open_of_[b.value()].size();
    for (const ConnectionId connection : open_of_[(a_has_fewer ? a : b).value()])
      if (const PeerConnection* found = find(connection); found->joins(a, b)) each(*found);
  }

 private:
  std::vector<PeerConnection> connections_;          // by number
  std::vector<std::vector<ConnectionId>> open_of_;   // by peer
};

}  // namespace swarmlab::swarmsim
