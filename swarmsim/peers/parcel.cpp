#include "swarmsim/peers/parcel.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/big_endian.hpp"

namespace swarmlab::swarmsim {
namespace {

std::vector<std::byte> wire_form(const protocol::Message& message) {
  std::vector<std::byte> bytes;
  protocol::encode(message, bytes);
  return bytes;
}

}  // namespace

Parcel::Parcel(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {
  const auto decoded = protocol::decode_one(bytes_);
  SWARM_ASSERT(decoded.has_value() && decoded->has_value() && (*decoded)->consumed == bytes_.size());
  message_ = (*decoded)->message;
}

Parcel::Parcel(const protocol::Message& message) : Parcel(wire_form(message)) {}

std::size_t Follower::needed() const {
  using namespace protocol;
  if (!is_shaken_) return kHandshakeBytes;
  if (begun_.size() < kPrefixBytes) return kPrefixBytes;
  const std::size_t length = read_u32(begun_);
  if (length == 0 || begun_.size() == kPrefixBytes) return kPrefixBytes + std::min<std::size_t>(length, 1);
  if (begun_[kPrefixBytes] == static_cast<std::byte>(MessageId::piece)) return kPieceHeaderBytes;
  return kPrefixBytes + length;
}

Follower::Unit Follower::next(runtime::Slice& rest) {
  Unit unit;
  const auto give_up = [&] {
    is_raw_ = true;
    unit.kind = Unit::Kind::raw;
    unit.slice = begun_.empty() ? std::exchange(rest, {}) : runtime::Slice::copy_of(begun_);
    begun_.clear();
    return std::move(unit);
  };
  if (block_left_ > 0) {
    unit.kind = Unit::Kind::payload;
    unit.slice = rest.take_front(std::min<std::size_t>(block_left_, rest.size()));
    block_left_ -= static_cast<std::uint32_t>(unit.slice.size());
    return unit;
  }
  if (is_raw_ || rest.kind() != runtime::Slice::Kind::bytes) return give_up();
  while (!rest.empty()) {
    if (!is_shaken_ && begun_.empty() && rest.bytes().front() != std::byte{19}) return give_up();
    const runtime::Slice part = rest.take_front(std::min(needed() - begun_.size(), rest.size()));
    begun_.insert(begun_.end(), part.bytes().begin(), part.bytes().end());
    if (!is_shaken_) {
      if (begun_.size() < protocol::kHandshakeBytes) continue;
      is_shaken_ = true;
      unit.kind = Unit::Kind::handshake;
      unit.bytes = std::exchange(begun_, {});
      return unit;
    }
    const auto decoded = protocol::decode_one(begun_);
    if (!decoded) return give_up();
    if (!*decoded) continue;
    if (const auto* piece = std::get_if<protocol::PieceHeader>(&(*decoded)->message))
      block_left_ = static_cast<std::uint32_t>(piece->block.length.value());
    unit.kind = Unit::Kind::message;
    unit.message.emplace(std::exchange(begun_, {}));
    return unit;
  }
  return unit;
}

}  // namespace swarmlab::swarmsim
