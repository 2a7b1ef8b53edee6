// WireEvent: what a check gets to see, one after another in the order of their times.
//
// The same stream comes from the simulator, and later from relays, traces and captures: messages with their
// three times, connections, and who came and went.  Peers are HostIds; the bytes have been decoded once.
//
//   sent      the last byte of a message was first transmitted; carries when it can have been decided
//   received  its last byte was delivered in order at the other side
//
// A message that is never delivered has no received event; one that never left its sender has neither.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/piece_geometry.hpp"
#include "protocol/units.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

enum class MessageKind : std::uint8_t {
  handshake,
  keep_alive, choke, unchoke, interested, not_interested, have, bitfield, request, piece, cancel, port,
  suggest, have_all, have_none, reject, allowed_fast, extended, unknown,
  tracker_request,    // HTTP: the request's head; UDP: a datagram
  tracker_reply,
  // Extended messages that are understood (extension_sight.hpp); `extended` is any other.
  extension_handshake, metadata_request, metadata_data, metadata_reject, pex,
};
inline constexpr std::size_t kMessageKinds = 26;
// "REQUEST"
std::string_view to_string(MessageKind kind);

enum class Authentic : std::uint8_t { yes, no, unknown };

// A message in fixed size.  Which fields mean something follows from the kind; the others are 0.
//   metadata_*   piece: of the metadata; of data also length: its bytes, begin: the size of the whole as claimed, authentic
//   pex          piece, begin: how many peers it adds and drops
struct WireMessage {
  MessageKind kind = MessageKind::keep_alive;
  Authentic authentic = Authentic::unknown;   // of a piece's block, and of metadata: is it what the torrent has there
  PieceIndex piece;
  BlockBegin begin;
  std::uint32_t length = 0;                    // of a block in bytes; of other payload its size
  protocol::BlockRange block() const { return {piece, begin, ByteCount(length)}; }
};
// "REQUEST piece 21, begin 0, length 16 KiB"
std::string to_string(const WireMessage& message);

enum class WireEventKind : std::uint8_t {
  joined,        // `from` was started by the scenario; started again where it has a payload: the pieces that its
                 // disk holds, as in a bitfield message.  Its connections have ended before.
  stopped,       // `from` was told to go by the scenario, or killed, or had its power cut
  opened,        // a connection, `from` dialled `to`
  sent,
  received,
  ended,         // `from` finished (FIN delivered) or reset its direction of a connection, or both ends were cut off
  undecodable,   // what `from` wrote on a connection is not the protocol; nothing of it follows
};

struct WireEvent {
  WireEventKind kind = WireEventKind::joined;
  StreamEnd how = StreamEnd::finished;   // ended; stopped: finished where it was told to go, else cut
  Direction direction = Direction::from_dialler;
  Time at{};
  // sent: the bounds of when the message was written.  Both are exact in a simulated run.
  Time decided_earliest{};
  Time decided_latest{};
  ConnectionId connection;               // meaningless in joined and stopped, and in datagrams
  HostId from;
  HostId to;
  WireMessage message;                   // sent, received
  Bytes payload;                         // handshake, bitfield, extended, unknown, tracker messages, joined; during the call
  std::string_view problem;              // undecodable
};

class EventSink {
 public:
  virtual void on_event(const WireEvent& event) = 0;

 protected:
  ~EventSink() = default;
};

// A set of events, so that nobody is called for what it would ignore.
class EventSet {
 public:
  constexpr EventSet() = default;
  constexpr EventSet& add(WireEventKind kind) { bits_ |= bit(kind, MessageKind::handshake); return *this; }
  constexpr EventSet& sent(MessageKind kind) { bits_ |= bit(WireEventKind::sent, kind); return *this; }
  constexpr EventSet& received(MessageKind kind) { bits_ |= bit(WireEventKind::received, kind); return *this; }
  constexpr EventSet& add(const EventSet& other) { bits_ |= other.bits_; return *this; }
  constexpr bool has(const WireEvent& event) const { return (bits_ & bit(event.kind, event.message.kind)) != 0; }

  // The number of an event's sort, below kSorts.
  static constexpr std::size_t kSorts = 64;
  static constexpr std::size_t sort(WireEventKind kind, MessageKind message) {
    if (kind == WireEventKind::sent) return static_cast<std::size_t>(message);
    if (kind == WireEventKind::received) return kMessageKinds + static_cast<std::size_t>(message);
    return 2 * kMessageKinds + static_cast<std::size_t>(kind);
  }
  constexpr bool has_sort(std::size_t sort) const { return (bits_ >> sort & 1) != 0; }

 private:
  static constexpr std::uint64_t bit(WireEventKind kind, MessageKind message) {
    return std::uint64_t{1} << sort(kind, message);
  }
  std::uint64_t bits_ = 0;
};
static_assert(EventSet::sort(WireEventKind::undecodable, MessageKind::handshake) < EventSet::kSorts);

}  // namespace swarmlab::swarmsim
