#include "tracker/sampling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace swarmlab::tracker {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(Sampling, GivesEverybodyWhereMoreAreWantedThanThereAre) {
  runtime::Random random(1);
  EXPECT_THAT(sample(3, 50, random), UnorderedElementsAre(0, 1, 2));
  EXPECT_THAT(sample(3, 3, random), UnorderedElementsAre(0, 1, 2));
}

TEST(Sampling, GivesNobodyWhereNobodyIsWantedOrThere) {
  runtime::Random random(1);
  EXPECT_THAT(sample(3, 0, random), IsEmpty());
  EXPECT_THAT(sample(0, 3, random), IsEmpty());
}

TEST(Sampling, NeverGivesTheSameNumberTwice) {
  runtime::Random random(1);
  for (std::uint32_t population = 1; population < 300; population += 7) {
    for (const std::uint32_t wanted : {1u, 2u, population / 2, population - 1}) {
      const auto chosen = sample(population, wanted, random);
      EXPECT_EQ(std::set(chosen.begin(), chosen.end()).size(), std::min(wanted, population));
      for (const auto number : chosen) EXPECT_LT(number, population);
    }
  }
}

// 20 ordered pairs of 5, 40,000 draws: each pair is due 2,000 times with a standard deviation of 44; the
// bound of 220 is five of them.  One seed, so it holds always or never.
TEST(Sampling, GivesEachSubsetInEachOrderEquallyOften) {
  runtime::Random random(7);
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> seen;
  for (int i = 0; i < 40'000; ++i) {
    const auto chosen = sample(5, 2, random);
    ++seen[{chosen[0], chosen[1]}];
  }
  ASSERT_EQ(seen.size(), 20u);
  for (const auto& [pair, times] : seen) {
    EXPECT_NEAR(times, 2'000, 220) << pair.first << ", " << pair.second;
  }
}

}  // namespace
}  // namespace swarmlab::tracker
