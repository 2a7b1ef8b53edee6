#include "swarmsim/peers/message_filter.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/big_endian.hpp"
#include "protocol/handshake.hpp"
#include "protocol/peer_wire.hpp"

namespace swarmlab::swarmsim {

using runtime::Slice;
using runtime::StreamId;

MessageFilter::MessageFilter(runtime::Network& inner, std::vector<std::unique_ptr<MessageBehaviour>> behaviours)
    : inner_(inner), behaviours_(std::move(behaviours)) {}

// ---- what is looked at ----

void MessageFilter::write(StreamId stream, Bytes bytes) {
  Outgoing& out = outgoing_[stream];
  // Plain writes are rare beyond small messages, so what is between payloads goes on in one piece each.
  while (!bytes.empty()) {
    if (out.block_left > 0) {
      const Bytes part = bytes.first(std::min<std::size_t>(out.block_left, bytes.size()));
      bytes = bytes.subspan(part.size());
      inner_.write(stream, alter(out, Slice::copy_of(part)));
    } else {
      const Bytes part = bytes.first(follow(out, bytes));
      bytes = bytes.subspan(part.size());
      inner_.write(stream, part);
    }
  }
}

void MessageFilter::write(StreamId stream, Slice slice) {
  Outgoing& out = outgoing_[stream];
  while (!slice.empty()) {
    if (out.block_left > 0) {
      inner_.write(stream, alter(out, slice.take_front(std::min<std::size_t>(out.block_left, slice.size()))));
    } else if (slice.kind() == Slice::Kind::bytes) {
      inner_.write(stream, slice.take_front(follow(out, slice.bytes())));
    } else {
      inner_.write(stream, std::exchange(slice, Slice{}));   // content outside of any message: not ours to judge
    }
  }
}

std::size_t MessageFilter::follow(Outgoing& out, Bytes bytes) {
  SWARM_ASSERT(!bytes.empty() && out.block_left == 0);
  if (out.handshake_left == protocol::kHandshakeBytes && bytes.front() != std::byte{19}) out.is_peer_wire = false;
  if (!out.is_peer_wire) return bytes.size();
  std::size_t taken = 0;
  const auto skip = [&](std::uint32_t& left) {
    const std::size_t n = std::min<std::size_t>(left, bytes.size() - taken);
    left -= static_cast<std::uint32_t>(n);
    taken += n;
  };
  skip(out.handshake_left);
  while (taken < bytes.size() && out.block_left == 0) {
    if (out.skip_left > 0) {
      skip(out.skip_left);
      continue;
    }
    out.head.push_back(bytes[taken++]);
    if (out.head.size() < protocol::kPrefixBytes) continue;
    const std::uint32_t length = protocol::read_u32(out.head);
    if (out.head.size() == protocol::kPrefixBytes) {
      if (length == 0) out.head.clear();   // keep-alive
      continue;
    }
    constexpr auto kPiece = static_cast<std::byte>(protocol::MessageId::piece);
    if (out.head[protocol::kPrefixBytes] != kPiece || length < protocol::kPieceHeaderBytes - protocol::kPrefixBytes) {
      out.skip_left = length - 1;
      out.head.clear();
    } else if (out.head.size() == protocol::kPieceHeaderBytes) {
      out.block_left = length - static_cast<std::uint32_t>(protocol::kPieceHeaderBytes - protocol::kPrefixBytes);
      out.block = {PieceIndex(protocol::read_u32(out.head, 5)), BlockBegin(protocol::read_u32(out.head, 9)),
                   ByteCount(out.block_left)};
      out.head.clear();
      for (const auto& behaviour : behaviours_) behaviour->begin_block(out.block);
    }
  }
  return taken;
}

Slice MessageFilter::alter(Outgoing& out, Slice part) {
  const ByteCount at = out.block.length - ByteCount(out.block_left);
  const ByteCount length = part.length();
  out.block_left -= static_cast<std::uint32_t>(length.value());
  for (const auto& behaviour : behaviours_) part = behaviour->alter(out.block, at, std::move(part));
  SWARM_ASSERT(part.length() == length, part.length(), length);
  return part;
}

// ---- what passes through ----

StreamId MessageFilter::connect(const Endpoint& to, std::optional<IpAddress> from, runtime::StreamHandler& handler) {
  return inner_.connect(to, from, handler);
}
std::expected<runtime::ListenerId, runtime::NetworkError> MessageFilter::listen(const Endpoint& at,
                                                                                runtime::AcceptHandler& handler) {
  return inner_.listen(at, handler);
}
Endpoint MessageFilter::local_endpoint(runtime::ListenerId listener) const { return inner_.local_endpoint(listener); }
void MessageFilter::close(runtime::ListenerId listener) { inner_.close(listener); }
void MessageFilter::set_handler(StreamId stream, runtime::StreamHandler& handler) { inner_.set_handler(stream, handler); }
runtime::ReadResult MessageFilter::read(StreamId stream, std::size_t max) { return inner_.read(stream, max); }
ByteCount MessageFilter::unsent(StreamId stream) const { return inner_.unsent(stream); }
void MessageFilter::set_low_water(StreamId stream, ByteCount mark) { inner_.set_low_water(stream, mark); }
void MessageFilter::shutdown_write(StreamId stream) { inner_.shutdown_write(stream); }
void MessageFilter::close(StreamId stream) {
  outgoing_.erase(stream);
  inner_.close(stream);
}
void MessageFilter::reset(StreamId stream) {
  outgoing_.erase(stream);
  inner_.reset(stream);
}
Endpoint MessageFilter::local_endpoint(StreamId stream) const { return inner_.local_endpoint(stream); }
Endpoint MessageFilter::peer_endpoint(StreamId stream) const { return inner_.peer_endpoint(stream); }
std::optional<Duration> MessageFilter::round_trip_time(StreamId stream) const { return inner_.round_trip_time(stream); }
std::expected<runtime::DatagramSocketId, runtime::NetworkError> MessageFilter::open_datagrams(
    const Endpoint& at, runtime::DatagramHandler& handler) {
  return inner_.open_datagrams(at, handler);
}
Endpoint MessageFilter::local_endpoint(runtime::DatagramSocketId socket) const { return inner_.local_endpoint(socket); }
void MessageFilter::send(runtime::DatagramSocketId socket, std::span<const runtime::Datagram> batch) {
  inner_.send(socket, batch);
}
void MessageFilter::close(runtime::DatagramSocketId socket) { inner_.close(socket); }
void MessageFilter::resolve(std::string_view host, runtime::ResolveHandler& handler, runtime::Tag tag) {
  inner_.resolve(host, handler, tag);
}
void MessageFilter::forget(runtime::ResolveHandler& handler) { inner_.forget(handler); }

}  // namespace swarmlab::swarmsim
