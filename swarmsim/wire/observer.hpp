// Observer: bytes of the network -> the one stream of events that checks see, and the run's fingerprint.
//
// Each direction of a connection is decoded once, when its bytes are written; a small queue keeps what is on
// its way until it was sent and received.  Names are resolved here: a check never sees an address.  Bytes
// that are not the protocol give one `undecodable` event, after which that direction is only counted.
//
// Cost is what this is built for: about 100 bytes per direction, no allocation per message once a run
// has warmed up.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "protocol/peer_wire.hpp"
#include "protocol/piece_geometry.hpp"
#include "swarmsim/wire/bounded_tap.hpp"
#include "swarmsim/wire/event.hpp"
#include "swarmsim/wire/extension_sight.hpp"
#include "swarmsim/wire/fingerprint.hpp"
#include "swarmsim/wire/message_queue.hpp"
#include "swarmsim/wire/true_content.hpp"

namespace swarmlab::swarmsim {

struct ObserverOptions {
  std::span<const std::string> names;   // by HostId
  HostId first_tracker;                 // connections and datagrams with it and all after it are the tracker protocol's
  protocol::PieceGeometry geometry;
  Bytes metadata = {};                  // the true info dictionary; outlives the observer.  Empty: unknown
  bool knows_content = true;            // else `content` says nothing, and no block is known to be true or false
};

class Observer final : public BoundedTap {
 public:
  // `sink` may be null (the fingerprint is computed all the same); it and `content` outlive the observer.
  Observer(const ObserverOptions& options, const TrueContent& content, EventSink* sink);

  void on_connection_opened(const ConnectionInfo& connection, Time at) override;
  void on_written(ConnectionId connection, Direction direction, Time at, Bytes bytes) override;
  void on_written(ConnectionId connection, Direction direction, Time at, const runtime::Slice& slice) override;
  void on_decided_after(ConnectionId, Direction, Time earliest) override { decided_after_ = earliest; }
  void on_sent(ConnectionId connection, Direction direction, Time at, std::uint64_t offset) override;
  void on_received(ConnectionId connection, Direction direction, Time at, std::uint64_t offset) override;
  void on_ended(ConnectionId connection, Direction direction, Time at, StreamEnd how) override;
  void expect(ConnectionId connection) const override;
  void on_datagram_sent(const TappedDatagram& datagram, Time at) override;
  void on_datagram_received(const TappedDatagram& datagram, Time at) override;

  // What the scenario does to a peer, told by whoever does it.
  void on_joined(HostId peer, Time at) { lifecycle(WireEventKind::joined, peer, at, StreamEnd::finished, {}); }
  // finished: it was told to go, and may say goodbye.  cut: it was killed, or had its power cut.
  void on_stopped(HostId peer, Time at, StreamEnd how) { lifecycle(WireEventKind::stopped, peer, at, how, {}); }
  // It joins again; `has` are the pieces that its disk holds, as in a bitfield message.
  void on_restarted(HostId peer, Time at, Bytes has) { lifecycle(WireEventKind::joined, peer, at, StreamEnd::finished, has); }

  std::uint64_t fingerprint() const { return fingerprint_.value(); }
  // Messages sent so far, and pieces (blocks) received.
  std::uint64_t messages() const { return messages_; }
  std::uint64_t blocks() const { return blocks_; }
  std::uint64_t open_connections() const { return connections_.size() - free_slots_.size(); }

 private:
  enum class Phase : std::uint8_t { handshake, messages, tracker, broken };
  struct Side {
    std::vector<std::byte> partial;      // of a message that is not whole yet
    std::uint64_t decoded = 0;           // offset in the stream up to which it was understood
    MessageQueues::Queue queue;
    std::uint32_t block_left = 0;        // bytes of the piece message `block` that are still to be written
    std::uint32_t block = MessageQueues::kNone;
    Phase phase = Phase::handshake;
    bool ended = false;
    ExtensionNumbers extensions;         // that this side wants to get
  };
  struct Connection {
    ConnectionId id;
    HostId dialler;
    HostId acceptor;
    Side sides[2];
  };
  static_assert(sizeof(Side) <= 96);

  bool is_tracker(HostId host) const { return host >= first_tracker_; }
  void lifecycle(WireEventKind kind, HostId peer, Time at, StreamEnd how, Bytes payload);
  Connection* find(ConnectionId id);
  void release(Connection& connection);
  void emit(const WireEvent& event);
  WireEvent event_of(const Connection& connection, Direction direction, WireEventKind kind, Time at) const;

  void feed(Connection& connection, Direction direction, Time at, Bytes bytes);
  // Decodes one message at the front; gives its bytes, 0 when it is not whole (or the stream broke).
  std::size_t decode_front(Connection& connection, Direction direction, Time at, Bytes bytes);
  std::size_t decode_tracker_front(Connection& connection, Direction direction, Time at, Bytes bytes);
  // How many bytes the message in side.partial needs at least before another attempt.
  static std::size_t missing(const Side& side);
  void take_block(Side& side, std::size_t length, Authentic authentic);
  ByteCount block_position(const Side& side);
  std::uint32_t push(Side& side, Time at, std::uint64_t end, const WireMessage& message, Bytes payload);
  void give_up(Connection& connection, Direction direction, Time at, std::string_view problem);

  std::uint32_t keep_payload(Bytes payload);
  void drop_payload(std::uint32_t number);
  void datagram(const TappedDatagram& datagram, WireEventKind kind, Time at);

  const TrueContent& content_;
  EventSink* sink_;
  HostId first_tracker_;
  protocol::PieceGeometry geometry_;
  Bytes metadata_;
  Fingerprint fingerprint_;
  std::vector<std::uint32_t> slot_of_;        // by ConnectionId; kNone: unknown or over
  std::vector<Connection> connections_;       // slots, reused
  std::vector<std::uint32_t> free_slots_;
  MessageQueues queues_;
  std::vector<std::vector<std::byte>> payloads_;
  std::vector<std::uint32_t> free_payloads_;
  bool knows_content_;
  Time decided_after_ = kNever;               // of what is written next; kNever: writing is seen itself, and is exact
  std::uint64_t messages_ = 0;
  std::uint64_t blocks_ = 0;
};

}  // namespace swarmlab::swarmsim
