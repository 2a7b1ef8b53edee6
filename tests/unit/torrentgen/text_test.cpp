#include "torrentgen/text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace swarmlab::torrentgen {
namespace {

TEST(Text, WritesSizesWithOneDecimalAtMost) {
  EXPECT_EQ(human_size(0_B), "0 B");
  EXPECT_EQ(human_size(1023_B), "1023 B");
  EXPECT_EQ(human_size(1_KiB), "1 KiB");
  EXPECT_EQ(human_size(1536_KiB), "1.5 MiB");
  EXPECT_EQ(human_size(1024_GiB), "1 TiB");
  EXPECT_EQ(human_size(ByteCount(std::numeric_limits<std::int64_t>::max())), "8191 PiB");
}

TEST(Text, JoinsNeighboursIntoRanges) {
  EXPECT_EQ(ranges({}), "");
  EXPECT_EQ(ranges({3}), "3");
  EXPECT_EQ(ranges({3, 7, 8, 9, 12}), "3, 7-9, 12");
  EXPECT_EQ(ranges({1, 3, 5, 6, 7}, 2), "1, 3 and 3 more");
}

}  // namespace
}  // namespace swarmlab::torrentgen
