#include "client/rate_meter.hpp"

#include <gtest/gtest.h>

namespace swarmlab::client {
namespace {

constexpr Time at(Duration since_start) { return kStart + since_start; }

// Feeds `bytes` every `step` in (from, to].
void flow(RateMeter& meter, Duration from, Duration to, Duration step, ByteCount bytes) {
  for (Duration t = from + step; t <= to; t += step) meter.add(at(t), bytes);
}

TEST(RateMeter, ReadsZeroBeforeAnythingFlowed) {
  RateMeter meter(20s);
  EXPECT_EQ(meter.rate(at(0s)), BytesPerSecond(0));
  EXPECT_EQ(meter.rate(at(1h)), BytesPerSecond(0));
  EXPECT_TRUE(meter.is_resting());
}

TEST(RateMeter, MeasuresASteadyFlow) {
  RateMeter meter(20s);
  flow(meter, 0s, 60s, 250ms, 25'000_B);
  EXPECT_NEAR(static_cast<double>(meter.rate(at(60s)).value()), 100'000, 5'000);
}

TEST(RateMeter, MeasuresTheSameWithManyShortTicksAndWithFewLongOnes) {
  RateMeter often(20s);
  RateMeter seldom(20s);
  flow(often, 0s, 40s, 1ms, 100_B);        // bug B10: the mark moved on each short tick
  flow(seldom, 0s, 40s, 1s, 100'000_B);
  EXPECT_NEAR(static_cast<double>(often.rate(at(40s)).value()), 100'000, 5'000);
  EXPECT_NEAR(static_cast<double>(seldom.rate(at(40s)).value()), 100'000, 6'000);
}

TEST(RateMeter, ForgetsWhatIsOlderThanTheWindow) {
  RateMeter meter(20s);
  meter.add(at(1s), 1_MiB);
  EXPECT_GT(meter.rate(at(20s)), BytesPerSecond(0));
  EXPECT_EQ(meter.rate(at(21s)), BytesPerSecond(0));
  meter.add(at(30s), 1'000_B);
  EXPECT_EQ(meter.rate(at(35s)), BytesPerSecond(200));
}

TEST(RateMeter, MeasuresTheBytesOfTheWindowAfterAnInterruption) {
  RateMeter meter(20s);
  meter.add(at(0s), 20'000_B);
  meter.add(at(15s), 20'000_B);
  EXPECT_EQ(meter.rate(at(16s)), BytesPerSecond(2'500));    // 40 kB in 16 s
  EXPECT_EQ(meter.rate(at(24s)), BytesPerSecond(20'000 / 19));
}

TEST(RateMeter, MeasuresABeginnerByItsOwnTimeButNotByLessThanAQuarterOfTheWindow) {
  RateMeter meter(20s);
  meter.add(at(100s), 10'000_B);
  EXPECT_EQ(meter.rate(at(100s)), BytesPerSecond(2'000));
  EXPECT_EQ(meter.rate(at(105s)), BytesPerSecond(2'000));
  EXPECT_EQ(meter.rate(at(110s)), BytesPerSecond(1'000));
}

TEST(RateMeter, GivesItsMemoryBackAfterSilence) {
  RateMeter meter(20s);
  meter.add(at(1s), 1_KiB);
  meter.rest(at(20s));
  EXPECT_FALSE(meter.is_resting());
  meter.rest(at(21s));
  EXPECT_TRUE(meter.is_resting());
}

TEST(RateMeter, IsSmallWhenIdle) { static_assert(sizeof(RateMeter) == 24); }

}  // namespace
}  // namespace swarmlab::client
