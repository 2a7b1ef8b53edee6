// The period of a clock of which only some ticks show.
#include "swarmsim/profile/spacing.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace swarmlab::swarmsim {
namespace {

std::vector<Time> at(std::initializer_list<Duration> times) {
  std::vector<Time> moments;
  for (const Duration time : times) moments.push_back(kStart + time);
  return moments;
}

TEST(CommonSpacing, IsTheLargestOfWhichAllDistancesAreMultiples) {
  const auto beat = common_spacing(at({1s, 11s, 31s, 41s, 71s, 81s}));
  ASSERT_TRUE(beat.has_value());
  EXPECT_EQ(beat->period, 10s);
  EXPECT_EQ(beat->fitting, 5u);
  EXPECT_EQ(beat->distances, 5u);
}

TEST(CommonSpacing, IsFoundWhereNoTwoTicksInARowShow) {
  const auto beat = common_spacing(at({0s, 20s, 50s, 70s, 100s}));
  ASSERT_TRUE(beat.has_value());
  EXPECT_EQ(beat->period, 10s);
}

TEST(CommonSpacing, IsIndifferentToWhatAMessageWaits) {
  const auto beat = common_spacing(at({300ms, 10'050ms, 30'400ms, 40'010ms, 70'200ms}));
  ASSERT_TRUE(beat.has_value());
  EXPECT_NEAR(static_cast<double>(beat->period.count()), 1e10, 2e8);
}

TEST(CommonSpacing, TakesWhatIsDecidedTogetherForOneMoment) {
  const auto beat = common_spacing(at({0s, 200ms, 15s, 15'300ms, 30s, 45s, 45'600ms}));
  ASSERT_TRUE(beat.has_value());
  EXPECT_EQ(beat->period, 15s);
  EXPECT_EQ(beat->distances, 3u);
}

TEST(CommonSpacing, OneMomentOutsideTheBeatSpoilsNothing) {
  const auto beat = common_spacing(at({0s, 10s, 20s, 30s, 40s, 50s, 60s, 70s, 80s, 90s, 100s, 110s, 120s, 130s, 134s}));
  ASSERT_TRUE(beat.has_value());
  EXPECT_EQ(beat->period, 10s);
  EXPECT_EQ(beat->fitting, 13u);
}

TEST(CommonSpacing, ThereIsNoneInWhatHappensAtAnyTime) {
  EXPECT_FALSE(common_spacing(at({0s, 3'700ms, 4'900ms, 12'300ms, 13'600ms, 21'900ms, 30'100ms, 31'150ms, 42'770ms, 49'310ms})));
}

TEST(CommonSpacing, TwoDistancesAreNoEvidence) {
  EXPECT_FALSE(common_spacing(at({0s, 10s, 20s})));
  EXPECT_FALSE(common_spacing({}));
}

}  // namespace
}  // namespace swarmlab::swarmsim
