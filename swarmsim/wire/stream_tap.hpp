// StreamTap: what a world shows to whoever observes its network.
//
// The virtual network calls it at the three times of every byte (DESIGN.md, "What a check may claim"):
// when an engine wrote it (decided), when the transport first transmitted it (sent), and when it was
// delivered in order at the other end (received).  Offsets count the bytes of one direction of one
// connection from 0.  Later the lab's packet router and capture files feed the same interface.
//
// Calls come in the order of events and may not call back into the world.
#pragma once

#include <cstdint>

#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "protocol/units.hpp"
#include "runtime/slice.hpp"

namespace swarmlab::swarmsim {

// A host of the scenario, numbered in the order of names.
using HostId = Index<struct HostTag>;
// A connection, numbered in the order of dialling within the run.
using ConnectionId = Index<struct ConnectionTag>;

enum class Direction : std::uint8_t { from_dialler, from_acceptor };
constexpr Direction opposite(Direction d) {
  return d == Direction::from_dialler ? Direction::from_acceptor : Direction::from_dialler;
}

struct ConnectionInfo {
  ConnectionId id;
  HostId dialler;
  HostId acceptor;
  Endpoint dialler_endpoint;
  Endpoint acceptor_endpoint;
};

enum class StreamEnd : std::uint8_t {
  finished,   // FIN delivered
  reset,      // RST sent, or given up
  cut,        // reset by something between the two; neither of them wanted it
};

struct TappedDatagram {
  HostId from;
  HostId to;
  Endpoint from_endpoint;
  Endpoint to_endpoint;
  Bytes payload;
};

class StreamTap {
 public:
  virtual void on_connection_opened(const ConnectionInfo& connection, Time at) = 0;   // both ends agree
  virtual void on_written(ConnectionId connection, Direction direction, Time at, Bytes bytes) = 0;
  virtual void on_written(ConnectionId connection, Direction direction, Time at, const runtime::Slice& slice) = 0;
  // All bytes before `offset` have begun their first transmission / have been delivered in order.
  virtual void on_sent(ConnectionId connection, Direction direction, Time at, std::uint64_t offset) = 0;
  virtual void on_received(ConnectionId connection, Direction direction, Time at, std::uint64_t offset) = 0;
  // finished: once per direction, when its FIN was delivered.  reset and cut: once, ends both directions.
  virtual void on_ended(ConnectionId connection, Direction direction, Time at, StreamEnd how) = 0;
  // Something of this connection is about to be told: a chance to fetch into the cache what that will touch.
  virtual void expect(ConnectionId) const {}
  virtual void on_datagram_sent(const TappedDatagram& datagram, Time at) = 0;
  virtual void on_datagram_received(const TappedDatagram& datagram, Time at) = 0;

 protected:
  ~StreamTap() = default;
};

}  // namespace swarmlab::swarmsim
