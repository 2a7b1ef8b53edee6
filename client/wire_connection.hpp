// WireConnection: one peer connection as messages in and messages out.
//
// Owns a stream; knows framing, the handshake, blocks in parts and back-pressure, and nothing about what
// messages mean.  Incoming bytes are read only while somebody wants them: pause_reading() is how a full disk queue or
// a rate limit slows the peer down.  Payload is never copied: a block reaches on_block() as the slices it came in.
//
// Outgoing messages are written at once; what may wait (blocks) is the owner's to hold back until has_room().
// So a choke or a cancel waits at most behind the stream's low-water mark (BEP 3: requests are to be queued in
// memory, "so they can all be thrown out when a choke happens").
//
// The handler is called from events of the stream only, with this object consistent; it may send, close and pause from
// there.  It may destroy the connection in on_settled() alone, the last call of each event.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/wire_overhead.hpp"
#include "protocol/handshake.hpp"
#include "protocol/peer_wire.hpp"
#include "runtime/clock.hpp"
#include "runtime/network.hpp"

namespace swarmlab::client {

class WireConnection;

class WireHandler {
 public:
  // A stream that we dialled is established.
  virtual void on_established(WireConnection& wire) = 0;
  virtual void on_handshake(WireConnection& wire, const protocol::Handshake& handshake) = 0;
  // Any message but a piece; its views live for the call.
  virtual void on_message(WireConnection& wire, const protocol::Message& message) = 0;
  virtual void on_block(WireConnection& wire, const protocol::BlockRange& block, runtime::Slices data) = 0;
  // `bytes` came in (payload and protocol): for limits and rates, before they are looked at.
  virtual void on_bytes(WireConnection& wire, ByteCount bytes) = 0;
  // `bytes` were handed to the stream, a block with its header or a message; called from within the sending call: keep books, nothing more.
  virtual void on_written(WireConnection& wire, ByteCount bytes, WireUnit unit) = 0;
  // Room for blocks again.
  virtual void on_room(WireConnection& wire) = 0;
  // The stream is gone or unusable; nothing follows but on_settled().
  virtual void on_wire_closed(WireConnection& wire, std::string_view reason) = 0;
  virtual void on_settled(WireConnection& wire) = 0;

 protected:
  ~WireHandler() = default;
};

class WireConnection final : private runtime::StreamHandler {
 public:
  // Dials.
  WireConnection(runtime::Network& network, runtime::Clock& clock, const Endpoint& to,
                 std::optional<IpAddress> from, WireHandler& handler);
  // Takes over a stream that a listener accepted and whose first bytes were read already.
  WireConnection(runtime::Network& network, runtime::Clock& clock, runtime::StreamId accepted, WireHandler& handler);
  WireConnection(const WireConnection&) = delete;
  WireConnection& operator=(const WireConnection&) = delete;
  // Closes silently what is still open.
  ~WireConnection();

  // For accepted streams: handles `first_bytes` (beginning with the handshake) as if they had just been read,
  // and whatever waits on the stream.  Calls the handler, on_settled() last.
  void begin(Bytes first_bytes);

  void send(const protocol::Handshake& handshake);
  void send(const protocol::ShortMessage& message);
  void send(const protocol::Message& message);
  void send_block(const protocol::BlockRange& block, const runtime::Slices& data);

  // Whether another block may be handed over; `planned` bytes are on their way from disk already.
  bool has_room(ByteCount planned) const;
  // How much may wait unsent in the stream: grows with the peer's rate, so that a fast path stays full.
  void set_room(ByteCount room);
  // The peer has stopped reading even its control messages: time to let it go.
  bool is_clogged() const;

  void pause_reading() { paused_ = true; }
  // Reads at once what has come meanwhile; calls the handler, on_settled() last.
  void resume_reading();
  bool is_paused() const { return paused_; }

  enum class How : std::uint8_t { orderly, abort };
  void close(How how = How::orderly);
  bool is_open() const { return state_ != State::closed; }

  Endpoint local_endpoint() const { return network_.local_endpoint(stream_); }
  Endpoint peer_endpoint() const { return network_.peer_endpoint(stream_); }
  std::optional<Duration> round_trip_time() const { return network_.round_trip_time(stream_); }
  Time last_sent() const { return last_sent_; }
  Time last_received() const { return last_received_; }
  // Bytes of a block that is arriving right now; 0 between blocks.
  bool is_inside_block() const { return block_left_ > 0; }

 private:
  enum class State : std::uint8_t { connecting, handshaking, open, closed };

  void on_connected(runtime::StreamId stream) override;
  void on_readable(runtime::StreamId stream) override;
  void on_writable(runtime::StreamId stream) override;
  void on_closed(runtime::StreamId stream, runtime::NetworkError why) override;

  void read_all();
  void consume(runtime::Slice slice);
  std::size_t consume_messages(Bytes bytes);
  void handle(const protocol::Message& message);
  void finish_block();
  void fail(std::string_view reason);
  void written(std::size_t bytes, WireUnit unit);

  runtime::Network& network_;
  runtime::Clock& clock_;
  WireHandler& handler_;
  runtime::StreamId stream_;
  State state_;
  bool paused_ = false;
  bool may_have_more_ = false;               // on_readable came while paused
  std::uint32_t block_left_ = 0;             // payload bytes still to come of block_
  ByteCount room_ = 32_KiB;
  Time last_sent_;
  Time last_received_;
  protocol::BlockRange block_;
  runtime::Slices block_data_;
  std::vector<std::byte> pending_;           // the beginning of a message, until the rest has come
};

}  // namespace swarmlab::client
