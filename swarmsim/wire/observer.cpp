#include "swarmsim/wire/observer.hpp"

#include <algorithm>
#include <variant>

#include "protocol/assert.hpp"
#include "protocol/big_endian.hpp"
#include "protocol/handshake.hpp"
#include "swarmsim/wire/http_message.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::uint32_t kNone = MessageQueues::kNone;

std::size_t index(Direction direction) { return static_cast<std::size_t>(direction); }

// What a decoded message is in fixed size, and the payload that does not fit.
struct Flatten {
  struct Flat { WireMessage message; Bytes payload; };
  using K = MessageKind;

  static Flat bare(K kind) { return {{.kind = kind, .authentic = Authentic::unknown, .piece = {}, .begin = {}, .length = 0}, {}}; }
  static Flat piece(K kind, PieceIndex piece) {
    Flat flat = bare(kind);
    flat.message.piece = piece;
    return flat;
  }
  static Flat block(K kind, const protocol::BlockRange& block) {
    Flat flat = piece(kind, block.piece);
    flat.message.begin = block.begin;
    flat.message.length = static_cast<std::uint32_t>(block.length.value());
    return flat;
  }
  static Flat with_payload(K kind, Bytes payload) {
    Flat flat = bare(kind);
    flat.message.length = static_cast<std::uint32_t>(payload.size());
    flat.payload = payload;
    return flat;
  }

  Flat operator()(protocol::KeepAlive) const { return bare(K::keep_alive); }
  Flat operator()(protocol::Choke) const { return bare(K::choke); }
  Flat operator()(protocol::Unchoke) const { return bare(K::unchoke); }
  Flat operator()(protocol::Interested) const { return bare(K::interested); }
  Flat operator()(protocol::NotInterested) const { return bare(K::not_interested); }
  Flat operator()(protocol::Have m) const { return piece(K::have, m.piece); }
  Flat operator()(const protocol::BitfieldMessage& m) const { return with_payload(K::bitfield, m.payload); }
  Flat operator()(const protocol::Request& m) const { return block(K::request, m.block); }
  Flat operator()(const protocol::PieceHeader& m) const { return block(K::piece, m.block); }
  Flat operator()(const protocol::Cancel& m) const { return block(K::cancel, m.block); }
  Flat operator()(protocol::Port m) const { return piece(K::port, PieceIndex(m.port)); }
  Flat operator()(protocol::Suggest m) const { return piece(K::suggest, m.piece); }
  Flat operator()(protocol::HaveAll) const { return bare(K::have_all); }
  Flat operator()(protocol::HaveNone) const { return bare(K::have_none); }
  Flat operator()(const protocol::Reject& m) const { return block(K::reject, m.block); }
  Flat operator()(protocol::AllowedFast m) const { return piece(K::allowed_fast, m.piece); }
  Flat operator()(const protocol::Extended& m) const {
    Flat flat = with_payload(K::extended, m.payload);
    flat.message.piece = PieceIndex(m.id);
    return flat;
  }
  Flat operator()(const protocol::Unknown& m) const {
    Flat flat = with_payload(K::unknown, m.payload);
    flat.message.piece = PieceIndex(m.id);
    return flat;
  }
};

// A block is what the torrent has only if every part of it is.
Authentic both(Authentic a, Authentic b) {
  if (a == Authentic::no || b == Authentic::no) return Authentic::no;
  return a == Authentic::yes ? b : a;
}

}  // namespace

Observer::Observer(const ObserverOptions& options, const TrueContent& content, EventSink* sink)
    : content_(content), sink_(sink), first_tracker_(options.first_tracker), geometry_(options.geometry),
      metadata_(options.metadata), fingerprint_(options.names), knows_content_(options.knows_content) {}

// ---- connections ----

void Observer::on_connection_opened(const ConnectionInfo& info, Time at) {
  std::uint32_t slot;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(connections_.size());
    connections_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  if (slot_of_.size() <= info.id.value()) slot_of_.resize(info.id.value() + 1, kNone);
  slot_of_[info.id.value()] = slot;
  Connection& connection = connections_[slot];
  connection.id = info.id;
  connection.dialler = info.dialler;
  connection.acceptor = info.acceptor;
  const bool is_announce = is_tracker(info.dialler) || is_tracker(info.acceptor);
  for (Side& side : connection.sides) {
    side = Side{};
    side.phase = is_announce ? Phase::tracker : Phase::handshake;
  }
  emit(event_of(connection, Direction::from_dialler, WireEventKind::opened, at));
}

void Observer::on_ended(ConnectionId id, Direction direction, Time at, StreamEnd how) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  WireEvent event = event_of(*connection, direction, WireEventKind::ended, at);
  event.how = how;
  connection->sides[index(direction)].ended = true;
  const bool is_over = how != StreamEnd::finished || connection->sides[index(opposite(direction))].ended;
  if (is_over) release(*connection);
  emit(event);
}

void Observer::expect(ConnectionId id) const {
  if (id.value() >= slot_of_.size() || slot_of_[id.value()] == kNone) return;
  const auto* at = reinterpret_cast<const char*>(&connections_[slot_of_[id.value()]]);
  for (std::size_t line = 0; line < sizeof(Connection); line += 64) __builtin_prefetch(at + line);
}

Observer::Connection* Observer::find(ConnectionId id) {
  if (id.value() >= slot_of_.size() || slot_of_[id.value()] == kNone) return nullptr;
  return &connections_[slot_of_[id.value()]];
}

void Observer::release(Connection& connection) {
  for (Side& side : connection.sides) {
    queues_.clear(side.queue, [&](const QueuedMessage& message) { drop_payload(message.payload); });
    side = Side{};
  }
  free_slots_.push_back(slot_of_[connection.id.value()]);
  slot_of_[connection.id.value()] = kNone;
}

WireEvent Observer::event_of(const Connection& connection, Direction direction, WireEventKind kind, Time at) const {
  WireEvent event;
  event.kind = kind;
  event.direction = direction;
  event.at = at;
  event.connection = connection.id;
  const bool from_dialler = direction == Direction::from_dialler;
  event.from = from_dialler ? connection.dialler : connection.acceptor;
  event.to = from_dialler ? connection.acceptor : connection.dialler;
  return event;
}

void Observer::emit(const WireEvent& event) {
  fingerprint_.add(event);
  if (sink_ != nullptr) sink_->on_event(event);
}

void Observer::lifecycle(WireEventKind kind, HostId peer, Time at, StreamEnd how, Bytes payload) {
  WireEvent event;
  event.kind = kind;
  event.at = at;
  event.from = peer;
  event.to = peer;
  event.how = how;
  event.payload = payload;
  emit(event);
}

// ---- what is on its way ----

void Observer::on_sent(ConnectionId id, Direction direction, Time at, std::uint64_t offset) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  MessageQueues::Queue& queue = connection->sides[index(direction)].queue;
  while (queue.unsent != kNone && queues_[queue.unsent].end <= offset) {
    const QueuedMessage& message = queues_[queue.unsent];
    WireEvent event = event_of(*connection, direction, WireEventKind::sent, at);
    event.decided_earliest = message.decided;
    event.decided_latest = decided_after_ == kNever ? message.decided : at;
    event.message = message.message;
    if (message.payload != kNone) event.payload = payloads_[message.payload];
    queues_.mark_sent(queue);
    ++messages_;
    emit(event);
  }
}

void Observer::on_received(ConnectionId id, Direction direction, Time at, std::uint64_t offset) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  MessageQueues::Queue& queue = connection->sides[index(direction)].queue;
  while (queue.first != kNone && queue.first != queue.unsent && queues_[queue.first].end <= offset) {
    const QueuedMessage& message = queues_[queue.first];
    const std::uint32_t payload = message.payload;
    WireEvent event = event_of(*connection, direction, WireEventKind::received, at);
    event.message = message.message;
    if (payload != kNone) event.payload = payloads_[payload];
    if (message.message.kind == MessageKind::piece) ++blocks_;
    queues_.pop(queue);
    emit(event);
    drop_payload(payload);
  }
}

std::uint32_t Observer::push(Side& side, Time at, std::uint64_t end, const WireMessage& message, Bytes payload) {
  const QueuedMessage queued{.end = end, .decided = decided_after_ == kNever ? at : std::min(decided_after_, at), .message = message,
                             .payload = payload.empty() ? kNone : keep_payload(payload), .next = kNone};
  return queues_.push(side.queue, queued);
}

std::uint32_t Observer::keep_payload(Bytes payload) {
  if (free_payloads_.empty()) {
    free_payloads_.push_back(static_cast<std::uint32_t>(payloads_.size()));
    payloads_.emplace_back();
  }
  const std::uint32_t number = free_payloads_.back();
  free_payloads_.pop_back();
  payloads_[number].assign(payload.begin(), payload.end());
  return number;
}

void Observer::drop_payload(std::uint32_t number) {
  if (number == kNone) return;
  payloads_[number] = {};
  free_payloads_.push_back(number);
}

// ---- bytes -> messages ----

void Observer::on_written(ConnectionId id, Direction direction, Time at, Bytes bytes) {
  if (Connection* connection = find(id)) feed(*connection, direction, at, bytes);
}

void Observer::on_written(ConnectionId id, Direction direction, Time at, const runtime::Slice& slice) {
  Connection* connection = find(id);
  if (connection == nullptr || slice.empty()) return;
  if (slice.kind() == runtime::Slice::Kind::bytes) return feed(*connection, direction, at, slice.bytes());
  Side& side = connection->sides[index(direction)];
  if (side.phase == Phase::broken) return;
  if (slice.size() > side.block_left)
    return give_up(*connection, direction, at, "content of the torrent outside of a piece message");
  const bool is_symbolic = slice.kind() == runtime::Slice::Kind::symbolic;
  const Authentic authentic = !is_symbolic ? Authentic::unknown
                              : content_.matches(block_position(side), slice) ? Authentic::yes : Authentic::no;
  take_block(side, slice.size(), authentic);
}

void Observer::feed(Connection& connection, Direction direction, Time at, Bytes bytes) {
  Side& side = connection.sides[index(direction)];
  while (!bytes.empty() && side.phase != Phase::broken) {
    if (side.block_left > 0) {
      const Bytes part = bytes.first(std::min<std::size_t>(side.block_left, bytes.size()));
      take_block(side, part.size(), !knows_content_ ? Authentic::unknown
                                    : content_.matches(block_position(side), part) ? Authentic::yes : Authentic::no);
      bytes = bytes.subspan(part.size());
      continue;
    }
    if (side.partial.empty()) {
      const std::size_t taken = decode_front(connection, direction, at, bytes);
      if (taken == 0) {
        if (side.phase != Phase::broken) side.partial.assign(bytes.begin(), bytes.end());
        return;
      }
      bytes = bytes.subspan(taken);
      continue;
    }
    const Bytes more = bytes.first(std::min(missing(side), bytes.size()));
    side.partial.insert(side.partial.end(), more.begin(), more.end());
    bytes = bytes.subspan(more.size());
    const std::size_t taken = decode_front(connection, direction, at, side.partial);
    SWARM_ASSERT(taken == 0 || side.phase == Phase::tracker || taken == side.partial.size(), taken);
    if (taken == side.partial.size() || side.phase == Phase::broken) side.partial = {};
    else side.partial.erase(side.partial.begin(), side.partial.begin() + static_cast<std::ptrdiff_t>(taken));
  }
}

std::size_t Observer::missing(const Side& side) {
  const std::size_t have = side.partial.size();
  switch (side.phase) {
    case Phase::handshake: return protocol::kHandshakeBytes - have;
    case Phase::tracker:
    case Phase::broken: return ~std::size_t{0};
    case Phase::messages: break;
  }
  if (have < protocol::kPrefixBytes) return protocol::kPrefixBytes - have;
  if (have == protocol::kPrefixBytes) return 1;   // the id tells how much a piece message needs
  const Bytes partial = side.partial;
  const bool is_piece = partial[protocol::kPrefixBytes] == std::byte{7};
  return (is_piece ? protocol::kPieceHeaderBytes : protocol::kPrefixBytes + protocol::read_u32(partial)) - have;
}

std::size_t Observer::decode_front(Connection& connection, Direction direction, Time at, Bytes bytes) {
  Side& side = connection.sides[index(direction)];
  switch (side.phase) {
    case Phase::broken: return 0;
    case Phase::tracker: return decode_tracker_front(connection, direction, at, bytes);
    case Phase::handshake: {
      const auto handshake = protocol::decode_handshake(bytes);
      if (!handshake) return give_up(connection, direction, at, "not the BitTorrent handshake"), 0;
      if (!*handshake) return 0;
      side.phase = Phase::messages;
      side.decoded += protocol::kHandshakeBytes;
      WireMessage message;
      message.kind = MessageKind::handshake;
      message.length = protocol::kHandshakeBytes;
      push(side, at, side.decoded, message, bytes.first(protocol::kHandshakeBytes));
      return protocol::kHandshakeBytes;
    }
    case Phase::messages: break;
  }
  const auto decoded = protocol::decode_one(bytes);
  if (!decoded) return give_up(connection, direction, at, "a message of impossible length"), 0;
  if (!*decoded) return 0;
  Flatten::Flat flat = std::visit(Flatten{}, (*decoded)->message);
  if (flat.message.kind == MessageKind::extended) {
    const ExtensionSight sight =
        recognise(flat.message, flat.payload, connection.sides[index(opposite(direction))].extensions, metadata_);
    if (sight.message.kind == MessageKind::extension_handshake) take_numbers(flat.payload, side.extensions);
    flat = {sight.message, sight.payload};
  }
  side.decoded += (*decoded)->consumed;
  const bool is_piece = flat.message.kind == MessageKind::piece;
  WireMessage message = flat.message;
  if (is_piece) message.authentic = geometry_.is_valid(message.block()) ? Authentic::yes : Authentic::no;
  const std::uint32_t entry =
      push(side, at, side.decoded + (is_piece ? message.length : 0u), message, flat.payload);
  if (is_piece) {
    side.block = entry;
    side.block_left = message.length;
  }
  return (*decoded)->consumed;
}

std::size_t Observer::decode_tracker_front(Connection& connection, Direction direction, Time at, Bytes bytes) {
  Side& side = connection.sides[index(direction)];
  const auto length = http_message_length(bytes);
  if (!length) return give_up(connection, direction, at, length.error()), 0;
  if (!*length || **length > bytes.size()) return 0;
  side.decoded += **length;
  WireMessage message;
  message.kind = direction == Direction::from_dialler ? MessageKind::tracker_request : MessageKind::tracker_reply;
  message.length = static_cast<std::uint32_t>(**length);
  push(side, at, side.decoded, message, bytes.first(**length));
  return **length;
}

ByteCount Observer::block_position(const Side& side) {
  const WireMessage& block = queues_[side.block].message;
  return geometry_.piece_length() * block.piece.value() + ByteCount(block.begin.value()) +
         ByteCount(block.length - side.block_left);
}

void Observer::take_block(Side& side, std::size_t length, Authentic authentic) {
  WireMessage& block = queues_[side.block].message;
  block.authentic = both(block.authentic, authentic);
  side.block_left -= static_cast<std::uint32_t>(length);
  side.decoded += length;
}

void Observer::give_up(Connection& connection, Direction direction, Time at, std::string_view problem) {
  Side& side = connection.sides[index(direction)];
  side.phase = Phase::broken;
  side.partial = {};
  WireEvent event = event_of(connection, direction, WireEventKind::undecodable, at);
  event.problem = problem;
  emit(event);
}

// ---- datagrams: only the tracker protocol so far ----

void Observer::on_datagram_sent(const TappedDatagram& d, Time at) { datagram(d, WireEventKind::sent, at); }
void Observer::on_datagram_received(const TappedDatagram& d, Time at) { datagram(d, WireEventKind::received, at); }

void Observer::datagram(const TappedDatagram& datagram, WireEventKind kind, Time at) {
  WireEvent event;
  event.kind = kind;
  event.at = at;
  event.decided_earliest = at;
  event.decided_latest = at;
  event.from = datagram.from;
  event.to = datagram.to;
  event.message.kind = is_tracker(datagram.to)     ? MessageKind::tracker_request
                       : is_tracker(datagram.from) ? MessageKind::tracker_reply
                                                   : MessageKind::unknown;
  event.message.length = static_cast<std::uint32_t>(datagram.payload.size());
  event.payload = datagram.payload;
  if (kind == WireEventKind::sent) ++messages_;
  emit(event);
}

}  // namespace swarmlab::swarmsim
