#include "client/wire_connection.hpp"

#include <algorithm>
#include <string>
#include <variant>

#include "protocol/assert.hpp"
#include "protocol/big_endian.hpp"

namespace swarmlab::client {
namespace {

// Large reads on fast paths; a stream with less gives less.
constexpr std::size_t kReadBytes = 256 * 1024;

// A peer that does not read its control messages gets no more of them (bug B79).
constexpr ByteCount kMaxUnsent = 8_MiB;

// How many bytes are needed before `begun` can be decoded further.
std::size_t bytes_needed(const std::vector<std::byte>& begun) {
  using namespace protocol;
  if (begun.size() < kPrefixBytes) return kPrefixBytes;
  const std::size_t length = read_u32(begun);
  if (length == 0 || begun.size() == kPrefixBytes) return kPrefixBytes + std::min<std::size_t>(length, 1);
  if (begun[kPrefixBytes] == static_cast<std::byte>(MessageId::piece)) return kPieceHeaderBytes;
  return kPrefixBytes + length;
}

}  // namespace

WireConnection::WireConnection(runtime::Network& network, runtime::Clock& clock, const Endpoint& to,
                               std::optional<IpAddress> from, WireHandler& handler)
    : network_(network), clock_(clock), handler_(handler),
      stream_(network.connect(to, from, *this)), state_(State::connecting),
      last_sent_(clock.now()), last_received_(clock.now()) {}

WireConnection::WireConnection(runtime::Network& network, runtime::Clock& clock,
                               runtime::StreamId accepted, WireHandler& handler)
    : network_(network), clock_(clock), handler_(handler), stream_(accepted),
      state_(State::handshaking), last_sent_(clock.now()), last_received_(clock.now()) {
  network_.set_handler(stream_, *this);
}

WireConnection::~WireConnection() { close(); }

void WireConnection::begin(Bytes first_bytes) {
  consume(runtime::Slice::copy_of(first_bytes));
  read_all();
  handler_.on_settled(*this);
}

void WireConnection::written(std::size_t bytes, WireUnit unit) {
  last_sent_ = clock_.now();
  handler_.on_written(*this, ByteCount(static_cast<std::int64_t>(bytes)), unit);
}

void WireConnection::send(const protocol::Handshake& handshake) {
  network_.write(stream_, Bytes(protocol::encode(handshake)));
  written(protocol::kHandshakeBytes, WireUnit::message);
}

void WireConnection::send(const protocol::ShortMessage& message) {
  network_.write(stream_, message.view());
  written(message.view().size(), WireUnit::message);
}

void WireConnection::send(const protocol::Message& message) {
  std::vector<std::byte> bytes;
  protocol::encode(message, bytes);
  network_.write(stream_, Bytes(bytes));
  written(bytes.size(), WireUnit::message);
}

void WireConnection::send_block(const protocol::BlockRange& block, const runtime::Slices& data) {
  network_.write(stream_, protocol::encode(protocol::PieceHeader{block}).view());
  for (const runtime::Slice& slice : data) network_.write(stream_, slice);
  written(protocol::kPieceHeaderBytes + runtime::length_of(data).size(), WireUnit::bulk);
}

bool WireConnection::is_clogged() const { return network_.unsent(stream_) > kMaxUnsent; }

bool WireConnection::has_room(ByteCount planned) const {
  return network_.unsent(stream_) + planned < room_;
}

void WireConnection::set_room(ByteCount room) {
  if (room == room_) return;
  room_ = room;
  network_.set_low_water(stream_, room);
}

void WireConnection::resume_reading() {
  if (!paused_) return;
  paused_ = false;
  if (may_have_more_ && is_open()) read_all();
  handler_.on_settled(*this);
}

void WireConnection::close(How how) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  if (how == How::orderly) {
    network_.close(stream_);
  } else {
    network_.reset(stream_);
  }
  block_data_.clear();
  pending_ = {};
}

void WireConnection::on_connected(runtime::StreamId) {
  state_ = State::handshaking;
  handler_.on_established(*this);
  handler_.on_settled(*this);
}

void WireConnection::on_readable(runtime::StreamId) {
  read_all();
  handler_.on_settled(*this);
}

void WireConnection::on_writable(runtime::StreamId) {
  if (state_ == State::open) handler_.on_room(*this);
  handler_.on_settled(*this);
}

void WireConnection::on_closed(runtime::StreamId, runtime::NetworkError why) {
  state_ = State::closed;
  handler_.on_wire_closed(*this, to_string(why));
  handler_.on_settled(*this);
}

void WireConnection::fail(std::string_view reason) {
  if (state_ == State::closed) return;
  close(How::orderly);
  handler_.on_wire_closed(*this, reason);
}

void WireConnection::read_all() {
  while (is_open()) {
    if (paused_) {
      may_have_more_ = true;
      return;
    }
    runtime::ReadResult result = network_.read(stream_, kReadBytes);
    switch (result.state) {
      case runtime::ReadResult::State::nothing_yet: may_have_more_ = false; return;
      case runtime::ReadResult::State::end_of_stream: fail("closed the connection"); return;
      case runtime::ReadResult::State::data: break;
    }
    last_received_ = clock_.now();
    handler_.on_bytes(*this, result.slice.length());
    consume(std::move(result.slice));
    // Its requests may have been answered with more than it takes, a whole read of them at a time.
    if (is_open() && is_clogged()) fail("does not read what it is sent");
  }
}

void WireConnection::consume(runtime::Slice slice) {
  while (!slice.empty() && is_open()) {
    if (block_left_ > 0) {
      const std::size_t part = std::min<std::size_t>(block_left_, slice.size());
      runtime::append(block_data_, slice.take_front(part));
      block_left_ -= static_cast<std::uint32_t>(part);
      if (block_left_ == 0) finish_block();
      continue;
    }
    if (slice.kind() != runtime::Slice::Kind::bytes) {
      fail("sent payload where a message was due");
      return;
    }
    if (pending_.empty()) {
      const std::size_t used = consume_messages(slice.bytes());
      if (!is_open()) return;
      slice.take_front(used);
      if (block_left_ > 0 || slice.empty()) continue;
    }
    // The beginning of a message: gather exactly what it still needs, so that no payload is copied.
    const std::size_t needed =
        state_ == State::handshaking ? protocol::kHandshakeBytes : bytes_needed(pending_);
    SWARM_ASSERT(needed > pending_.size(), needed, pending_.size());
    const std::size_t part = std::min(needed - pending_.size(), slice.size());
    const runtime::Slice front = slice.take_front(part);
    pending_.insert(pending_.end(), front.bytes().begin(), front.bytes().end());
    std::vector<std::byte> message = std::move(pending_);
    pending_.clear();
    const std::size_t used = consume_messages(message);
    if (!is_open()) return;
    SWARM_ASSERT(used == 0 || used == message.size(), used, message.size());
    if (used == 0) pending_ = std::move(message);
  }
}

// Handles whole messages at the front of `bytes`; returns how many bytes they took.  Stops behind the
// header of a piece, whose payload follows.
std::size_t WireConnection::consume_messages(Bytes bytes) {
  std::size_t used = 0;
  while (is_open() && block_left_ == 0) {
    const Bytes rest = bytes.subspan(used);
    if (state_ == State::handshaking) {
      const auto handshake = protocol::decode_handshake(rest);
      if (!handshake) {
        fail(protocol::to_string(handshake.error()));
        break;
      }
      if (!*handshake) break;
      used += protocol::kHandshakeBytes;
      state_ = State::open;
      handler_.on_handshake(*this, **handshake);
      continue;
    }
    const auto decoded = protocol::decode_one(rest);
    if (!decoded) {
      fail(protocol::to_string(decoded.error()));
      break;
    }
    if (!*decoded) break;
    used += (*decoded)->consumed;
    handle((*decoded)->message);
  }
  return used;
}

void WireConnection::handle(const protocol::Message& message) {
  if (const auto* piece = std::get_if<protocol::PieceHeader>(&message)) {
    block_ = piece->block;
    block_left_ = static_cast<std::uint32_t>(piece->block.length.value());
    return;
  }
  handler_.on_message(*this, message);
}

void WireConnection::finish_block() {
  runtime::Slices data = std::move(block_data_);
  block_data_.clear();
  handler_.on_block(*this, block_, std::move(data));
}

}  // namespace swarmlab::client
