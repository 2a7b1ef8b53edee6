#include "protocol/bitfield.hpp"

#include <algorithm>
#include <bit>

namespace swarmlab::protocol {
namespace {

// The spare bits of the last byte; none where the count is a multiple of 8.
std::byte spare_bits(std::uint32_t piece_count) {
  return piece_count % 8 == 0 ? std::byte{0} : std::byte{0xff} >> (piece_count % 8);
}

}  // namespace

std::optional<Bitfield> Bitfield::from_wire(Bytes payload, std::uint32_t piece_count) {
  if (payload.size() != wire_bytes(piece_count)) return std::nullopt;
  if (!payload.empty() && (payload.back() & spare_bits(piece_count)) != std::byte{0}) {
    return std::nullopt;
  }
  Bitfield field;
  field.bytes_.assign(payload.begin(), payload.end());
  field.piece_count_ = piece_count;
  for (const std::byte byte : payload) {
    field.count_ += static_cast<std::uint32_t>(std::popcount(std::to_integer<std::uint8_t>(byte)));
  }
  return field;
}

bool Bitfield::set(PieceIndex piece) {
  if (test(piece)) return false;
  bytes_[piece.value() / 8] |= mask(piece);
  ++count_;
  return true;
}

bool Bitfield::reset(PieceIndex piece) {
  if (!test(piece)) return false;
  bytes_[piece.value() / 8] &= ~mask(piece);
  --count_;
  return true;
}

void Bitfield::set_all() {
  std::ranges::fill(bytes_, std::byte{0xff});
  if (!bytes_.empty()) bytes_.back() &= ~spare_bits(piece_count_);
  count_ = piece_count_;
}

Bitfield operator&(const Bitfield& a, const Bitfield& b) {
  SWARM_ASSERT(a.piece_count_ == b.piece_count_, a.piece_count_, b.piece_count_);
  Bitfield both(a.piece_count_);
  for (std::size_t i = 0; i < both.bytes_.size(); ++i) {
    both.bytes_[i] = a.bytes_[i] & b.bytes_[i];
    both.count_ += static_cast<std::uint32_t>(std::popcount(std::to_integer<std::uint8_t>(both.bytes_[i])));
  }
  return both;
}

void Bitfield::reset_all() {
  std::ranges::fill(bytes_, std::byte{0});
  count_ = 0;
}

}  // namespace swarmlab::protocol
