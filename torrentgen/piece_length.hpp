// Piece length: how finely a torrent is cut.
//
// Small pieces spread sooner and cost less when one is bad; large ones keep torrent file and bitfields small.
// Automatic: the smallest power of two from 16 KiB to 16 MiB that gives at most 1,500 pieces, so a torrent of
// 24 MB to 24 GB has 750 to 1,500 of them and a torrent file of 30 KB.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "protocol/units.hpp"

namespace swarmlab::torrentgen {

inline constexpr std::int64_t kWantedPieces = 1500;
inline constexpr ByteCount kSmallestAutomatic = 16_KiB;
inline constexpr ByteCount kLargestAutomatic = 16_MiB;

constexpr ByteCount automatic_piece_length(ByteCount total) {
  ByteCount length = kSmallestAutomatic;
  while (length < kLargestAutomatic && length * kWantedPieces < total) length = length * 2;
  return length;
}

// "262144", "256KiB", "1 MiB"; the error says what would be right.  From 1 byte to kMaxPieceLength.
std::expected<ByteCount, std::string> parse_piece_length(std::string_view text);

// True for what clients in the wild expect: a power of two, 16 KiB at least.
constexpr bool is_customary(ByteCount length) {
  return length >= 16_KiB && (length.value() & (length.value() - 1)) == 0;
}

}  // namespace swarmlab::torrentgen
