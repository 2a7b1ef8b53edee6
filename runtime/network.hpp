// Network: streams, datagrams and names of one host.
//
// Streams.  A stream is a TCP connection, or what the virtual world makes of one.  Reading is pull: the
// handler learns that there is something to read, and read() yields a slice of the runtime's buffers;
// nothing is held for a stream that nobody reads, so not reading is how a reader slows its peer down.
// Writing never blocks and never fails: what the transport does not take at once waits, in order.  It is the
// writer's part to stop when unsent() reaches its low-water mark and go on at on_writable().
//
//   unsent(stream)   bytes written whose first transmission has not begun, wherever they wait
//   low-water mark   on_writable() comes when unsent() falls below it, having been at or above it
//
// The transport gets no more than the mark ahead of time (TCP_NOTSENT_LOWAT): a control message written
// behind it overtakes whatever its owner has not written yet.
//
//              connect()                 accept
//                 |                         |
//             connecting --on_connected-> open <- set_handler() in on_accept
//                 |                       |  |  \_ shutdown_write(): our half is closed, reading goes on
//                 |       on_closed(why) -/  |     end of stream read: their half is closed, writing goes on
//                 \- on_closed(refused..)    close(): sends what is queued, then FIN; no more events
//                                            reset(): drops what is queued, sends RST; no more events
//
// A stream ends in exactly one of: on_closed() (the world ended it: the id is dead, nothing need be
// released), close() or reset() (the owner did).  Having read the end of the stream does not end it.
// Stream ids are never reused within a run.
//
// No callback is made from inside a call to this interface.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "protocol/units.hpp"
#include "runtime/slice.hpp"
#include "runtime/tag.hpp"

namespace swarmlab::runtime {

using StreamId = Index<struct StreamTag>;
using ListenerId = Index<struct ListenerTag>;
using DatagramSocketId = Index<struct DatagramSocketTag>;

enum class NetworkError : std::uint8_t {
  refused,            // nobody listens there
  reset,              // the other side dropped the connection
  timed_out,
  unreachable,
  address_in_use,
  address_unavailable,  // not an address of this host
  permission,
  too_many_open,      // file descriptors or ports are used up
  name_not_found,
  other,
};
std::string_view to_string(NetworkError error);

class StreamHandler {
 public:
  virtual void on_connected(StreamId stream) = 0;
  // read() has something: bytes or the end.  Comes once, then again only after a read() that gave nothing.
  virtual void on_readable(StreamId stream) = 0;
  virtual void on_writable(StreamId stream) = 0;
  virtual void on_closed(StreamId stream, NetworkError why) = 0;

 protected:
  ~StreamHandler() = default;
};

class AcceptHandler {
 public:
  // The stream is open.  Without set_handler() in this call it is reset.
  virtual void on_accept(ListenerId listener, StreamId stream, const Endpoint& from) = 0;

 protected:
  ~AcceptHandler() = default;
};

struct Datagram {
  Endpoint peer;      // sender of an incoming, receiver of an outgoing one
  Bytes payload;      // valid during the call
};

class DatagramHandler {
 public:
  virtual void on_datagrams(DatagramSocketId socket, std::span<const Datagram> batch) = 0;

 protected:
  ~DatagramHandler() = default;
};

class ResolveHandler {
 public:
  // At least one address, or an error.
  virtual void on_resolved(Tag tag, std::expected<std::span<const IpAddress>, NetworkError> addresses) = 0;

 protected:
  ~ResolveHandler() = default;
};

struct ReadResult {
  enum class State : std::uint8_t { data, nothing_yet, end_of_stream } state;
  Slice slice;        // not empty exactly when state is data
};

class Network {
 public:
  // ---- streams ----
  // `from`: the local address to use; nullopt lets the host choose.
  virtual StreamId connect(const Endpoint& to, std::optional<IpAddress> from, StreamHandler& handler) = 0;
  virtual std::expected<ListenerId, NetworkError> listen(const Endpoint& at, AcceptHandler& handler) = 0;
  // The port that was really taken, when `at` had port 0.
  virtual Endpoint local_endpoint(ListenerId listener) const = 0;
  virtual void close(ListenerId listener) = 0;

  virtual void set_handler(StreamId stream, StreamHandler& handler) = 0;
  // At most `max` bytes, in one slice; may be fewer than are there.
  virtual ReadResult read(StreamId stream, std::size_t max) = 0;
  // Copies `bytes`; meant for small messages.
  virtual void write(StreamId stream, Bytes bytes) = 0;
  // Keeps the slice until it was sent.  File slices are read when their turn comes.
  virtual void write(StreamId stream, Slice slice) = 0;
  virtual ByteCount unsent(StreamId stream) const = 0;
  // 32 KiB until set.  Requires mark > 0.
  virtual void set_low_water(StreamId stream, ByteCount mark) = 0;
  virtual void shutdown_write(StreamId stream) = 0;
  virtual void close(StreamId stream) = 0;
  virtual void reset(StreamId stream) = 0;
  virtual Endpoint local_endpoint(StreamId stream) const = 0;
  virtual Endpoint peer_endpoint(StreamId stream) const = 0;
  // The transport's smoothed round-trip time; nullopt before the first sample.
  virtual std::optional<Duration> round_trip_time(StreamId stream) const = 0;

  // ---- datagrams ----
  virtual std::expected<DatagramSocketId, NetworkError> open_datagrams(const Endpoint& at,
                                                                       DatagramHandler& handler) = 0;
  virtual Endpoint local_endpoint(DatagramSocketId socket) const = 0;
  // Best effort, as UDP is.
  virtual void send(DatagramSocketId socket, std::span<const Datagram> batch) = 0;
  virtual void close(DatagramSocketId socket) = 0;

  // ---- names ----
  // Literal addresses resolve to themselves.
  virtual void resolve(std::string_view host, ResolveHandler& handler, Tag tag) = 0;
  virtual void forget(ResolveHandler& handler) = 0;

 protected:
  ~Network() = default;
};

}  // namespace swarmlab::runtime
