#include "client/request_depth.hpp"

#include <gtest/gtest.h>

namespace swarmlab::client {
namespace {

constexpr Time at(Duration since_start) { return kStart + since_start; }

// A path that gives `per_second` blocks a second, `round_trip` after each request.
void serve(RequestDepth& depth, Duration from, Duration to, int per_second, Duration round_trip) {
  const Duration step = Duration(1s) / per_second;
  for (Duration t = from + step; t <= to; t += step) depth.delivered(at(t), round_trip, 16_KiB);
}

TEST(RequestDepth, BeginsWithTheMinimum) {
  const RequestDepth depth({.min = 4, .max = 250});
  EXPECT_EQ(depth.depth({}), 4U);
}

TEST(RequestDepth, GrowsByOneForEachBlockInSlowStart) {
  RequestDepth depth({.min = 4, .max = 250});
  for (int i = 1; i <= 10; ++i) {
    depth.delivered(at(i * 10ms), 50ms, 16_KiB);
    EXPECT_EQ(depth.depth({}), static_cast<std::uint32_t>(4 + i));
  }
}

TEST(RequestDepth, EndsSlowStartWhenASecondBringsLittleMoreThanTheOneBefore) {
  RequestDepth depth({.min = 4, .max = 250});
  serve(depth, 0s, 2500ms, 10, 100ms);
  EXPECT_FALSE(depth.in_slow_start());
  EXPECT_LT(depth.depth({.rate = BytesPerSecond(163'840)}), 14U);
}

TEST(RequestDepth, StaysInSlowStartWhileItHelps) {
  RequestDepth depth({.min = 4, .max = 250});
  serve(depth, 0s, 1s, 10, 100ms);
  serve(depth, 1s, 2s, 20, 100ms);
  serve(depth, 2s, 3s, 40, 100ms);
  EXPECT_TRUE(depth.in_slow_start());
}

TEST(RequestDepth, CoversRoundTripAndOneSecondAtTheMeasuredRate) {
  RequestDepth depth({.min = 4, .max = 250});
  depth.delivered(at(1s), 250ms, 16_KiB);
  depth.snubbed();   // the end of slow start
  EXPECT_EQ(depth.depth({.rate = BytesPerSecond(1 << 20)}), 80U);     // 64 blocks/s, 1.25 s
  EXPECT_EQ(depth.depth({.rate = BytesPerSecond(1000)}), 4U);
  EXPECT_EQ(depth.depth({.rate = BytesPerSecond(100 << 20)}), 250U);
}

TEST(RequestDepth, BelievesTheShortestRoundTrip) {
  RequestDepth depth;
  depth.delivered(at(1s), 300ms, 16_KiB);
  depth.delivered(at(2s), 80ms, 16_KiB);
  depth.delivered(at(3s), 2s, 16_KiB);    // its queue, not the path
  EXPECT_EQ(depth.round_trip(), Duration(80ms));
}

TEST(RequestDepth, NeverExceedsWhatThePeerDeclared) {
  const RequestDepth depth({.min = 4, .max = 250});
  EXPECT_EQ(depth.depth({.rate = BytesPerSecond(100 << 20), .reqq = 16}), 16U);
  EXPECT_EQ(depth.depth({.rate = {}, .reqq = 2}), 2U);
  EXPECT_EQ(depth.depth({.rate = {}, .reqq = 0}), 1U);   // a peer that may be asked for nothing could as well be closed
}

TEST(RequestDepth, AsksASnubbedPeerForOneBlockAtATime) {
  const RequestDepth depth({.min = 4, .max = 250});
  EXPECT_EQ(depth.depth({.rate = BytesPerSecond(1 << 20), .snubbed = true}), 1U);
  EXPECT_EQ(depth.depth({.rate = BytesPerSecond(1 << 20)}), 64U);
}

TEST(RequestDepth, KeepsToItsShareOfTheRequestWindow) {
  RequestDepth depth({.min = 4, .max = 250});
  depth.delivered(at(1s), 250ms, 16_KiB);
  depth.snubbed();
  const BytesPerSecond quick(1 << 20);   // 80 requests, were it alone
  EXPECT_EQ(depth.depth({.rate = quick, .share = RequestDepth::share_of(1_MiB, 2)}), 32U);
  EXPECT_EQ(depth.depth({.rate = quick, .share = RequestDepth::share_of(1_MiB, 30)}), 2U) << "below the minimum, too";
  EXPECT_EQ(depth.depth({.rate = quick, .share = RequestDepth::share_of(1_MiB, 1000)}), 1U) << "one block at least";
  EXPECT_EQ(depth.depth({.rate = quick, .share = RequestDepth::share_of(1_MiB, 0)}), 64U);
}

}  // namespace
}  // namespace swarmlab::client
