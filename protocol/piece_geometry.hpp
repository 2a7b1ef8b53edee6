// The arithmetic of pieces and blocks: how a torrent's content is cut (BEP 3, "metainfo files").
//
//   content  |------ piece 0 ------|------ piece 1 ------|-- piece 2 --|     the last may be short
//   piece    | block 0 | block 1 | 2|                    |     | |           its last block too
//
// Blocks are 16 KiB (BEP 3: "all current implementations use 2^14"), counted within a piece, so
// that none crosses a piece boundary when the piece length is no multiple of 16 KiB (bug B29).
#pragma once

#include <cstdint>
#include <string>

#include "protocol/assert.hpp"
#include "protocol/ids.hpp"
#include "protocol/units.hpp"

namespace swarmlab::protocol {

inline constexpr ByteCount kBlockBytes = 16_KiB;

// A block as requests name it.
struct BlockRange {
  PieceIndex piece;
  BlockBegin begin;
  ByteCount length;
  friend constexpr auto operator<=>(const BlockRange&, const BlockRange&) = default;
};
// "piece 21, begin 16384"
std::string to_words(const BlockRange& block);

class PieceGeometry {
 public:
  constexpr PieceGeometry() = default;
  // Requires total >= 0 and piece_length > 0, and at most 2^31 pieces (metainfo sees to it).
  constexpr PieceGeometry(ByteCount total, ByteCount piece_length)
      : total_(total), piece_length_(piece_length) {
    SWARM_ASSERT(total.value() >= 0 && piece_length.value() > 0, total, piece_length);
    piece_count_ = static_cast<std::uint32_t>((total.value() + piece_length.value() - 1) /
                                              piece_length.value());
  }

  constexpr ByteCount total() const { return total_; }
  constexpr ByteCount piece_length() const { return piece_length_; }
  constexpr std::uint32_t piece_count() const { return piece_count_; }

  constexpr bool contains(PieceIndex piece) const { return piece.value() < piece_count_; }
  // Where the piece begins in the content.
  constexpr ByteCount offset_of(PieceIndex piece) const { return piece_length_ * piece.value(); }
  constexpr ByteCount length_of(PieceIndex piece) const {
    SWARM_ASSERT(contains(piece), piece, piece_count_);
    const ByteCount rest = total_ - offset_of(piece);
    return rest < piece_length_ ? rest : piece_length_;
  }

  constexpr std::uint32_t block_count(PieceIndex piece) const {
    return static_cast<std::uint32_t>((length_of(piece).value() + kBlockBytes.value() - 1) /
                                      kBlockBytes.value());
  }
  // Blocks of every piece but perhaps the last.
  constexpr std::uint32_t blocks_per_piece() const {
    return static_cast<std::uint32_t>((piece_length_.value() + kBlockBytes.value() - 1) /
                                      kBlockBytes.value());
  }
  constexpr BlockRange block(PieceIndex piece, BlockIndex block) const {
    const ByteCount begin = kBlockBytes * block.value();
    const ByteCount rest = length_of(piece) - begin;
    SWARM_ASSERT(rest.value() > 0, piece, block);
    return {piece, BlockBegin(static_cast<std::uint32_t>(begin.value())),
            rest < kBlockBytes ? rest : kBlockBytes};
  }
  // True when the range lies within an existing piece and is not empty.  Total over all values
  // that can stand on the wire: no sum here can wrap (bug B80).
  constexpr bool is_valid(const BlockRange& range) const {
    return contains(range.piece) && range.length.value() > 0 &&
           ByteCount(range.begin.value()) + range.length <= length_of(range.piece);
  }
  // True when the range is exactly one of the blocks that block() names.
  constexpr bool is_block(const BlockRange& range) const {
    return is_valid(range) && range.begin.value() % kBlockBytes.value() == 0 &&
           block(range.piece, block_at(range.begin)).length == range.length;
  }
  static constexpr BlockIndex block_at(BlockBegin begin) {
    return BlockIndex(static_cast<std::uint32_t>(begin.value() / kBlockBytes.value()));
  }

 private:
  ByteCount total_;
  ByteCount piece_length_{1};
  std::uint32_t piece_count_ = 0;
};

}  // namespace swarmlab::protocol
