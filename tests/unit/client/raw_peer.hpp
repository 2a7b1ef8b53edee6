// RawPeer: one end of a peer connection without a client behind it, for tests that speak the protocol by hand.
//
//   RawPeer p(town.world(), "p");  p.dial(seed.endpoint());
//   p.handshake(town.metainfo().info_hash, {.fast = true});  p.send(Interested{});  town.run_for(1s);
//   EXPECT_EQ(p.count<Unchoke>(), 1u);
//
// Sends what it is told, as bytes, and keeps everything it hears with the time.  It reads with a decoder loop of its
// own, so that it does not share mistakes with WireConnection.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/handshake.hpp"
#include "protocol/peer_wire.hpp"
#include "swarmsim/virtual/world.hpp"

namespace swarmlab::client {

class RawPeer final : private runtime::StreamHandler, private runtime::AcceptHandler {
 public:
  struct Heard {
    protocol::Message message;              // views in it are empty; see payload
    std::vector<std::byte> payload;         // of Bitfield, Extended, Unknown
    Time at;
  };

  // A host of its own, 10.0.2.number.
  RawPeer(swarmsim::World& world, const std::string& name, std::uint8_t number = 1);
  ~RawPeer();

  void dial(const Endpoint& to);
  void listen();
  Endpoint endpoint() const { return {address_, 6881}; }
  void close();
  void pause_reading() { reads_ = false; }
  void resume_reading();

  void handshake(const InfoHashV1& info_hash, protocol::Features features, char id = 'p');
  void send(const protocol::Message& message);
  void send_bytes(Bytes bytes);
  void send_block(const protocol::BlockRange& block, const runtime::Slice& data);

  bool is_open() const { return stream_.has_value() && !has_ended_; }
  const std::optional<protocol::Handshake>& greeted() const { return handshake_; }
  const std::vector<Heard>& heard() const { return heard_; }
  template <class M>
  std::size_t count() const {
    std::size_t n = 0;
    for (const Heard& one : heard_) n += std::holds_alternative<M>(one.message) ? 1u : 0u;
    return n;
  }
  // Blocks of all messages of this kind, in order.
  template <class M>
  std::vector<protocol::BlockRange> blocks() const {
    std::vector<protocol::BlockRange> blocks;
    for (const Heard& one : heard_) {
      if (const auto* message = std::get_if<M>(&one.message)) blocks.push_back(message->block);
    }
    return blocks;
  }
  // Everything in words, one message a line, for failures.
  std::string transcript() const;
  void forget_heard() { heard_.clear(); }
  std::uint32_t connections() const { return connections_; }

 private:
  void on_connected(runtime::StreamId stream) override;
  void on_readable(runtime::StreamId stream) override;
  void on_writable(runtime::StreamId) override {}
  void on_closed(runtime::StreamId stream, runtime::NetworkError why) override;
  void on_accept(runtime::ListenerId, runtime::StreamId stream, const Endpoint& from) override;
  void begin_connection();
  void decode();

  swarmsim::World& world_;
  swarmsim::HostId host_;
  IpAddress address_;
  std::optional<runtime::StreamId> stream_;
  std::optional<runtime::ListenerId> listener_;
  std::vector<std::byte> unsaid_;           // before the connection is established
  std::vector<std::byte> received_;
  std::int64_t block_left_ = 0;
  bool is_connected_ = false;
  bool has_ended_ = false;
  bool reads_ = true;
  std::uint32_t connections_ = 0;
  std::optional<protocol::Handshake> handshake_;
  std::vector<Heard> heard_;
};

}  // namespace swarmlab::client
