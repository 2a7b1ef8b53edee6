#include "swarmsim/checks/lottery_bound.hpp"

#include <gtest/gtest.h>

#include "runtime/random.hpp"

namespace swarmlab::swarmsim {
namespace {

TEST(LotteryBound, FollowsTheLogarithms) {
  // ln(70 * 4 * 10^6) / ln(4/3) = 67.6; ln(160 * 8 * 10^6) / ln(8/7) = 157.0
  EXPECT_EQ(misses_beyond_chance(70, 4, 4), 68u);
  EXPECT_EQ(misses_beyond_chance(160, 8, 8), 158u);
  // ln(70 * 10^6) / ln 4 = 13.0; ln(10^6) / ln 2 = 19.9
  EXPECT_EQ(repeats_beyond_chance(70, 4), 14u);
  EXPECT_EQ(repeats_beyond_chance(1, 2), 20u);
}

TEST(LotteryBound, GrowsWithWhatMayGoWrong) {
  EXPECT_LT(misses_beyond_chance(70, 4, 4), misses_beyond_chance(700, 4, 4));
  EXPECT_LT(misses_beyond_chance(70, 4, 4), misses_beyond_chance(70, 4, 5));
  EXPECT_LT(repeats_beyond_chance(70, 5), repeats_beyond_chance(70, 2));
}

TEST(LotteryBound, AFairLotteryStaysFarBelowIt) {
  runtime::Random random(1, "lottery");
  const std::uint64_t limit = misses_beyond_chance(100'000, 4, 4);
  std::uint64_t misses = 0;
  std::uint64_t worst = 0;
  for (int draw = 0; draw < 100'000; ++draw) {
    misses = random.below(4) == 0 ? 0 : misses + 1;
    worst = std::max(worst, misses);
  }
  EXPECT_GT(worst, 20u);   // so bad is honest luck
  EXPECT_LT(worst, limit);
}

}  // namespace
}  // namespace swarmlab::swarmsim
