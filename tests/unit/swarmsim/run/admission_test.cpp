// Which of several runs with real processes begins next.
#include "swarmsim/run/admission.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

Admission admission(const std::vector<std::int64_t>& rates, std::int64_t room) {
  std::vector<BytesPerSecond> each;
  for (const std::int64_t rate : rates) each.emplace_back(rate);
  return {std::move(each), BytesPerSecond(room)};
}

TEST(Admission, LetsRunsBeginInTheirOrderAsLongAsThereIsRoom) {
  Admission runs = admission({40, 40, 40}, 100);
  EXPECT_EQ(runs.next(), 0U);
  EXPECT_EQ(runs.next(), 1U);
  EXPECT_EQ(runs.next(), std::nullopt);
  EXPECT_FALSE(runs.is_done());
  runs.ended(0);
  EXPECT_EQ(runs.next(), 2U);
  EXPECT_TRUE(runs.is_done());
}

TEST(Admission, PutsASmallOneIntoARoomThatIsTooSmallForTheNext) {
  Admission runs = admission({60, 60, 30}, 100);
  EXPECT_EQ(runs.next(), 0U);
  EXPECT_EQ(runs.next(), 2U);
  runs.ended(0);
  EXPECT_EQ(runs.next(), 1U);
}

TEST(Admission, LetsOneThatIsTooLargeGoByItself) {
  Admission runs = admission({10, 500, 10}, 100);
  EXPECT_EQ(runs.next(), 0U);
  EXPECT_EQ(runs.next(), 2U);
  EXPECT_EQ(runs.next(), std::nullopt);
  runs.ended(0);
  EXPECT_EQ(runs.next(), std::nullopt);
  runs.ended(2);
  EXPECT_EQ(runs.next(), 1U);
}

TEST(Admission, WhatTakesNothingAlwaysFits) {
  Admission runs = admission({0, 0}, 0);
  EXPECT_EQ(runs.next(), 0U);
  EXPECT_EQ(runs.next(), 1U);
}

}  // namespace
}  // namespace swarmlab::swarmsim
