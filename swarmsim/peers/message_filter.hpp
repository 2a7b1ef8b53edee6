// MessageFilter: a Network that lets behaviours change the peer messages an engine sends.
//
//     engine  ->  MessageFilter  ->  the world's Network
//                    \_ behaviour 1, behaviour 2 ...
//
// Everything but the bytes of peer-wire streams passes through as it is: reads, events, datagrams, names, and
// streams that do not begin with the handshake (trackers').  Outgoing messages are followed without being
// buffered, so nothing moves in time; with no behaviour that bites, what leaves is what was written.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "protocol/handshake.hpp"
#include "protocol/piece_geometry.hpp"
#include "runtime/network.hpp"
#include "swarmsim/peers/message_behaviour.hpp"

namespace swarmlab::swarmsim {

class MessageFilter final : public runtime::Network {
 public:
  // `inner` outlives the filter.
  MessageFilter(runtime::Network& inner, std::vector<std::unique_ptr<MessageBehaviour>> behaviours);

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
  // Where in its messages an outgoing stream is.
  struct Outgoing {
    bool is_peer_wire = true;             // until its first byte says otherwise
    std::uint32_t handshake_left = protocol::kHandshakeBytes;
    std::vector<std::byte> head;          // of a message: prefix, and what a piece's header needs
    std::uint32_t skip_left = 0;          // of a message that is no piece
    std::uint32_t block_left = 0;         // of a piece's payload
    protocol::BlockRange block;
  };

  // Takes from the front of `bytes` what belongs to handshake, heads and other messages; stops before a payload.
  std::size_t follow(Outgoing& out, Bytes bytes);
  runtime::Slice alter(Outgoing& out, runtime::Slice part);

  runtime::Network& inner_;
  std::vector<std::unique_ptr<MessageBehaviour>> behaviours_;
  std::map<runtime::StreamId, Outgoing> outgoing_;
};

}  // namespace swarmlab::swarmsim
