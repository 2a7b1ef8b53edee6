#include "protocol/piece_geometry.hpp"

#include <gtest/gtest.h>

namespace swarmlab::protocol {
namespace {

TEST(PieceGeometry, CutsTheLastPieceAndTheLastBlockShort) {
  const PieceGeometry geometry(100'000_B, 32_KiB);
  EXPECT_EQ(geometry.piece_count(), 4u);
  EXPECT_EQ(geometry.length_of(PieceIndex(2)), 32_KiB);
  EXPECT_EQ(geometry.length_of(PieceIndex(3)), 1696_B);
  EXPECT_EQ(geometry.block_count(PieceIndex(0)), 2u);
  EXPECT_EQ(geometry.block_count(PieceIndex(3)), 1u);
  EXPECT_EQ(geometry.block(PieceIndex(3), BlockIndex(0)),
            (BlockRange{PieceIndex(3), BlockBegin(0), 1696_B}));
}

TEST(PieceGeometry, LetsNoBlockCrossAPieceThatIsNoMultipleOf16KiB) {  // B29
  const PieceGeometry geometry(100'000_B, 20'000_B);
  EXPECT_EQ(geometry.block_count(PieceIndex(0)), 2u);
  EXPECT_EQ(geometry.block(PieceIndex(0), BlockIndex(1)),
            (BlockRange{PieceIndex(0), BlockBegin(16384), ByteCount(20'000 - 16'384)}));
  EXPECT_EQ(geometry.piece_count(), 5u);
}

TEST(PieceGeometry, JudgesEveryRangeThatCanStandOnTheWire) {  // B80
  const PieceGeometry geometry(100'000_B, 32_KiB);
  const std::uint32_t edges[] = {0,     1,     3,     4,          1695,       1696,
                                 16384, 32767, 32768, 0x7fffffff, 0x80000000, 0xffffffff};
  for (const std::uint32_t piece : edges) {
    for (const std::uint32_t begin : edges) {
      for (const std::uint32_t length : edges) {
        const std::uint64_t size = piece > 3 ? 0 : piece == 3 ? 1696 : 32768;
        const bool inside = length > 0 && std::uint64_t{begin} + length <= size;
        const BlockRange range{PieceIndex(piece), BlockBegin(begin), ByteCount(length)};
        EXPECT_EQ(geometry.is_valid(range), inside) << piece << ' ' << begin << ' ' << length;
        EXPECT_TRUE(inside || !geometry.is_block(range));
      }
    }
  }
  EXPECT_TRUE(geometry.is_block({PieceIndex(0), BlockBegin(16384), 16_KiB}));
  EXPECT_FALSE(geometry.is_block({PieceIndex(0), BlockBegin(16384), 1_KiB}));
  EXPECT_FALSE(geometry.is_block({PieceIndex(0), BlockBegin(8192), 16_KiB}));
}

}  // namespace
}  // namespace swarmlab::protocol
