#include "client/request_timeout.hpp"

#include <gtest/gtest.h>

namespace swarmlab::client {
namespace {

constexpr BytesPerSecond kBlockASecond{16 * 1024};

// A peer that has sent blocks at these gaps and gives `rate`.
RequestTimeout after(std::initializer_list<Duration> gaps, BytesPerSecond rate, RequestTimeout::Limits limits = {}) {
  RequestTimeout timeout(limits);
  for (const Duration gap : gaps) timeout.answered(gap, rate);
  return timeout;
}

TEST(RequestTimeout, TakesAPeerWithoutAMeasureForASlowOne) {
  const RequestTimeout timeout({});
  EXPECT_EQ(timeout.late_after(4), Duration(16s));   // 64 KiB at 8 KiB/s, twice
  EXPECT_EQ(timeout.late_after(1), Duration(5s));
}

TEST(RequestTimeout, AllowsTheTimeForAllThatIsOwedTwiceOver) {
  const RequestTimeout steady = after({1s, 1s, 1s, 1s}, kBlockASecond, {.floor = 0s});
  const Duration gaps = steady.mean_gap() + steady.deviation() * 4;
  EXPECT_EQ(steady.late_after(10), 20s + gaps);
  EXPECT_EQ(steady.late_after(20), 40s + gaps) << "who is asked for more answers later";
}

TEST(RequestTimeout, ExpectsLittleOfAQuickPeer) {
  const RequestTimeout quick = after({10ms, 10ms, 10ms}, BytesPerSecond(1 << 20), {.floor = 1ms});
  EXPECT_LT(quick.late_after(64), Duration(2100ms));
  EXPECT_GT(quick.late_after(64), Duration(2s));
}

TEST(RequestTimeout, KeepsToItsFloorAndItsCap) {
  const RequestTimeout quick = after({1ms, 1ms, 1ms}, BytesPerSecond(100 << 20));
  EXPECT_EQ(quick.late_after(1), Duration(5s));
  const RequestTimeout slow = after({16s, 16s}, BytesPerSecond(1024));
  EXPECT_EQ(slow.late_after(4), Duration(60s));
  EXPECT_EQ(after({1s}, kBlockASecond, {.floor = 5s, .cap = 3s}).late_after(1), Duration(3s)) << "no later than the end";
}

TEST(RequestTimeout, IsPatientWithWhoSendsInBursts) {
  const RequestTimeout steady = after({1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s}, kBlockASecond, {.floor = 0s});
  const RequestTimeout bursts = after({0s, 0s, 6s, 0s, 0s, 0s, 0s, 0s, 6s, 0s, 0s, 0s}, kBlockASecond, {.floor = 0s});
  EXPECT_GT(bursts.late_after(1), steady.late_after(1) + 2s);
}

TEST(RequestTimeout, ForgetsAnOldPauseByAndBy) {
  RequestTimeout timeout = after({100ms, 20s}, kBlockASecond, {.floor = 0s});
  const Duration right_after = timeout.late_after(1);
  for (int i = 0; i < 50; ++i) timeout.answered(100ms, kBlockASecond);
  EXPECT_GT(right_after, Duration(15s));
  EXPECT_LT(timeout.late_after(1), Duration(3s));
}

TEST(RequestTimeout, AFactorOfZeroMakesNobodyLateBeforeTheCap) {
  EXPECT_EQ(after({1ms}, BytesPerSecond(1 << 20), {.factor = 0}).late_after(1), Duration(60s));
  EXPECT_EQ(RequestTimeout({.factor = 0}).late_after(1), Duration(60s));
}

TEST(RequestTimeout, SurvivesAPeerThatGivesNothingMeasurable) {
  EXPECT_EQ(after({1ms}, BytesPerSecond(0)).late_after(250), Duration(60s));
}

}  // namespace
}  // namespace swarmlab::client
