#include "torrentgen/piece_length.hpp"

#include <gtest/gtest.h>

namespace swarmlab::torrentgen {
namespace {

TEST(PieceLength, IsThePowerOfTwoThatGivesAtMost1500Pieces) {
  const std::pair<ByteCount, ByteCount> rows[] = {
      {1_B, 16_KiB},
      {16_KiB * 1500, 16_KiB},
      {16_KiB * 1500 + 1_B, 32_KiB},
      {256_MiB, 256_KiB},
      {1_GiB, 1_MiB},
      {16_MiB * 1500, 16_MiB},
      {16_MiB * 100'000, 16_MiB},   // never larger, however large the content
  };
  for (const auto& [total, length] : rows) {
    EXPECT_EQ(automatic_piece_length(total), length) << total.value();
  }
}

TEST(PieceLength, IsReadWithAndWithoutUnits) {
  EXPECT_EQ(parse_piece_length("262144"), 256_KiB);
  EXPECT_EQ(parse_piece_length("256KiB"), 256_KiB);
  EXPECT_EQ(parse_piece_length("1 MiB"), 1_MiB);
  EXPECT_EQ(parse_piece_length("17B"), 17_B);
  EXPECT_EQ(parse_piece_length("512MiB"), 512_MiB);
}

TEST(PieceLength, IsRefusedWhereItIsNoneOrTooLarge) {
  for (const auto* text : {"", "0", "-1", "KiB", "1KB", "1k", "1.5MiB", "513MiB", "99999999999999999999", "16KiBs", "1  KiB"}) {
    EXPECT_FALSE(parse_piece_length(text).has_value()) << text;
  }
}

TEST(PieceLength, IsCustomaryFrom16KiBInPowersOfTwo) {
  EXPECT_TRUE(is_customary(16_KiB));
  EXPECT_TRUE(is_customary(4_MiB));
  EXPECT_FALSE(is_customary(8_KiB));
  EXPECT_FALSE(is_customary(24_KiB));
}

}  // namespace
}  // namespace swarmlab::torrentgen
