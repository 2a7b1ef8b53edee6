// MessageFilter: a Network that puts boxes on the peer connections of an engine.
//
//     engine  ->  MessageFilter  ->  the world's Network
//                    \_ per connection: box 1, box 2 ...
//
// Datagrams, names, and streams that do not begin with the handshake (trackers') pass through as they are.  With
// no box that bites, what leaves a peer connection is what was written, when it was written.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/network.hpp"
#include "runtime/timers.hpp"
#include "swarmsim/peers/filtered_line.hpp"
#include "swarmsim/peers/role.hpp"

namespace swarmlab::swarmsim {

class MessageFilter final : public runtime::Network,
                            private runtime::StreamHandler,
                            private runtime::AcceptHandler,
                            private runtime::TimerHandler,
                            private LineWaker {
 public:
  // All that is referred to outlives the filter, the roles too.
  MessageFilter(runtime::Network& inner, const runtime::Clock& clock, runtime::Timers& timers,
                std::span<const std::unique_ptr<Role>> roles);

  runtime::StreamId connect(const Endpoint& to, std::optional<IpAddress> from, runtime::StreamHandler& handler) override;
  std::expected<runtime::ListenerId, runtime::NetworkError> listen(const Endpoint& at,
                                                                   runtime::AcceptHandler& handler) override;
  Endpoint local_endpoint(runtime::ListenerId listener) const override;
  void close(runtime::ListenerId listener) override;
  void set_handler(runtime::StreamId stream, runtime::StreamHandler& handler) override;
  runtime::ReadResult read(runtime::StreamId stream, std::size_t max) override;
  void write(runtime::StreamId stream, Bytes bytes) override;
  void write(runtime::StreamId stream, runtime::Slice slice) override;
  ByteCount unsent(runtime::StreamId stream) const override;
  void set_low_water(runtime::StreamId stream, ByteCount mark) override;
  void shutdown_write(runtime::StreamId stream) override;
  void close(runtime::StreamId stream) override;
  void reset(runtime::StreamId stream) override;
  Endpoint local_endpoint(runtime::StreamId stream) const override;
  Endpoint peer_endpoint(runtime::StreamId stream) const override;
  std::optional<Duration> round_trip_time(runtime::StreamId stream) const override;
  std::expected<runtime::DatagramSocketId, runtime::NetworkError> open_datagrams(
      const Endpoint& at, runtime::DatagramHandler& handler) override;
  Endpoint local_endpoint(runtime::DatagramSocketId socket) const override;
  void send(runtime::DatagramSocketId socket, std::span<const runtime::Datagram> batch) override;
  void close(runtime::DatagramSocketId socket) override;
  void resolve(std::string_view host, runtime::ResolveHandler& handler, runtime::Tag tag) override;
  void forget(runtime::ResolveHandler& handler) override;

 private:
  struct Stream {
    runtime::StreamHandler* handler = nullptr;      // the engine's
    std::unique_ptr<FilteredLine> line;
    Endpoint local, peer;                           // for the time after a box hung up
  };

  void on_connected(runtime::StreamId stream) override;
  void on_readable(runtime::StreamId stream) override;
  void on_writable(runtime::StreamId stream) override;
  void on_closed(runtime::StreamId stream, runtime::NetworkError why) override;
  void on_accept(runtime::ListenerId listener, runtime::StreamId stream, const Endpoint& from) override;
  void on_timer(runtime::Tag tag) override;
  void wake_lines_at(Time at) override { timer_.arm_no_later_than(at); }
  void adopt(runtime::StreamId stream, runtime::StreamHandler& handler);
  // Null for a stream that is over.
  FilteredLine* line(runtime::StreamId stream) const;

  runtime::Network& inner_;
  const runtime::Clock& clock_;
  std::span<const std::unique_ptr<Role>> roles_;
  runtime::Timers& timers_;
  runtime::Timer timer_;
  std::map<runtime::ListenerId, runtime::AcceptHandler*> listeners_;
  std::map<runtime::StreamId, Stream> streams_;
};

}  // namespace swarmlab::swarmsim
