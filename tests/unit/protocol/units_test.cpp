#include "protocol/units.hpp"

#include <gtest/gtest.h>

namespace swarmlab {
namespace {

TEST(Units, BytesByRateIsTimeAndBack) {
  EXPECT_EQ(1_MiB / BytesPerSecond(1 << 20), 1s);
  EXPECT_EQ(BytesPerSecond(1500) * 2s, 3000_B);
  EXPECT_EQ(3000_B / 2s, BytesPerSecond(1500));
  EXPECT_EQ(1_B / BytesPerSecond(3), 333'333'333ns);  // towards zero
}

TEST(Units, AreExactWhere64BitsWouldOverflow) {
  EXPECT_EQ(ByteCount(8'000'000'000'000) / BytesPerSecond(1'000'000'000), 8000s);
  EXPECT_EQ(BytesPerSecond(100'000'000'000) * 3600s, ByteCount(360'000'000'000'000));
}

}  // namespace
}  // namespace swarmlab
