#include "swarmsim/run/arrival_times.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/swarmsim/run/stories.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;

// When leech[0], leech[1] ... join; groups are numbered by name, and "leech" comes first.
std::vector<Duration> leeches(const std::string& join, std::uint64_t seed = 3, const std::string& count = "4") {
  const auto times = arrival_times(a_story({{"peers.leech.count", count}, {"peers.leech.join", join}}), seed);
  std::vector<Duration> since_start;
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::stoi(count)); ++i) since_start.push_back(times[i] - kStart);
  return since_start;
}

TEST(ArrivalTimes, AreAllTheSameWhereOnlyATimeIsGiven) {
  EXPECT_THAT(leeches("20 s"), ElementsAre(20s, 20s, 20s, 20s));
}

TEST(ArrivalTimes, BurstsComeTogetherAndThenAgain) {
  EXPECT_THAT(leeches("{ at: 5 s, burst: 2, every: 30 s }"), ElementsAre(5s, 5s, 35s, 35s));
}

TEST(ArrivalTimes, SpreadStaysWithinItsTimeAndBelongsToEachMember) {
  const auto four = leeches("{ at: 5 s, spread: 10 s }");
  for (const Duration time : four) EXPECT_TRUE(time >= 5s && time < 15s);
  EXPECT_NE(four[0], four[1]);
  const auto six = leeches("{ at: 5 s, spread: 10 s }", 3, "6");
  EXPECT_TRUE(std::equal(four.begin(), four.end(), six.begin()));
  EXPECT_NE(four, leeches("{ at: 5 s, spread: 10 s }", 4));
}

TEST(ArrivalTimes, PoissonArrivalsFollowEachOtherAndMoreOfThemChangeNoEarlierOne) {
  const auto four = leeches("{ at: 5 s, poisson: 10 s }");
  EXPECT_TRUE(std::ranges::is_sorted(four));
  EXPECT_GT(four.front(), 5s);
  const auto six = leeches("{ at: 5 s, poisson: 10 s }", 3, "6");
  EXPECT_TRUE(std::equal(four.begin(), four.end(), six.begin()));
}

TEST(ArrivalTimes, TheTimelineDecidesForWhomItNames) {
  const auto times = arrival_times(a_story({{"timeline", "[ { at: 9 s, join: \"leech[1..2]\", burst: 1, every: 2 s } ]"}}), 3);
  EXPECT_THAT(std::vector(times.begin(), times.begin() + 3), ElementsAre(kStart, kStart + 9s, kStart + 11s));
}

TEST(RandomGap, IsExponential) {
  runtime::Random random(11);
  constexpr int kDraws = 40'000;
  double sum = 0;
  int beyond_mean = 0;
  int beyond_three = 0;
  for (int i = 0; i < kDraws; ++i) {
    const Duration gap = random_gap(10s, random);
    sum += static_cast<double>(gap.count()) * 1e-9;
    beyond_mean += gap > 10s ? 1 : 0;
    beyond_three += gap > 30s ? 1 : 0;
  }
  EXPECT_NEAR(sum / kDraws, 10.0, 0.25);                        // five standard deviations
  EXPECT_NEAR(beyond_mean / double{kDraws}, 0.3679, 0.0121);    // exp(-1)
  EXPECT_NEAR(beyond_three / double{kDraws}, 0.0498, 0.0055);   // exp(-3)
}

}  // namespace
}  // namespace swarmlab::swarmsim
