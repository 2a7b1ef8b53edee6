#include "client/throttle.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "swarmsim/virtual/world.hpp"

namespace swarmlab::client {
namespace {

// Connections that each want to pass `chunk` bytes over and over.
struct Passing final : ThrottleHandler {
  explicit Passing(std::optional<BytesPerSecond> rate)
      : world(swarmsim::WorldOptions{}), host(world.add_host({"h", {IpAddress::v4(10, 0, 0, 1)}, {}, {}})),
        throttle(rate, world.outside(host).clock, world.outside(host).timers, *this) {}
  void on_tokens(TorrentId, PeerKey peer) override {
    order.push_back(peer.value());
    throttle.charge(chunk);
    passed += chunk;
    if (order.size() < most) throttle.wait(TorrentId(0), peer);
  }
  swarmsim::World world;
  swarmsim::HostId host;
  Throttle throttle;
  ByteCount chunk = 16_KiB;
  ByteCount passed;
  std::size_t most = 1'000'000;
  std::vector<std::uint32_t> order;
};

TEST(Throttle, WithoutARateIsAlwaysOpen) {
  Passing passing(std::nullopt);
  passing.throttle.charge(1_GiB);
  EXPECT_TRUE(passing.throttle.is_open());
}

TEST(Throttle, LetsPassItsRateOverTime) {
  for (const std::int64_t rate : {1000, 100 << 10, 10 << 20}) {
    Passing passing((BytesPerSecond(rate)));
    passing.throttle.wait(TorrentId(0), PeerKey(1));
    passing.world.run_until(kStart + 100s);
    const double ratio = static_cast<double>(passing.passed.value()) / static_cast<double>(rate * 100);
    EXPECT_GT(ratio, 0.97) << rate;
    EXPECT_LT(ratio, rate == 1000 ? 1.2 : 1.03) << rate;   // the last chunk is paid for afterwards
  }
}

TEST(Throttle, WhatPassesAsideTakesHalfOfTheRateAtMost) {
  Passing passing(BytesPerSecond(100 << 10));
  passing.throttle.wait(TorrentId(0), PeerKey(1));
  for (int i = 0; i < 1000; ++i) {
    passing.throttle.charge_aside(1_MiB);   // ten times the rate
    passing.world.run_until(passing.world.now() + 100ms);
  }
  const double ratio = static_cast<double>(passing.passed.value()) / (100 << 10) / 100;
  EXPECT_GT(ratio, 0.47);
  EXPECT_LT(ratio, 0.53);
}

TEST(Throttle, WhatPassesAsideIsTakenFromTheRate) {
  Passing passing(BytesPerSecond(100 << 10));
  passing.throttle.wait(TorrentId(0), PeerKey(1));
  for (int i = 0; i < 1000; ++i) {
    passing.throttle.charge_aside(1_KiB);   // a tenth of the rate
    passing.world.run_until(passing.world.now() + 100ms);
  }
  const double ratio = static_cast<double>(passing.passed.value()) / (100 << 10) / 100;
  EXPECT_GT(ratio, 0.88);
  EXPECT_LT(ratio, 0.92);
}

TEST(Throttle, AskingOftenDoesNotWasteFractionsOfBytes) {
  Passing passing(BytesPerSecond(1500));
  ByteCount passed;
  for (int ms = 1; ms <= 10'000; ++ms) {   // 1.5 bytes in each
    passing.world.run_until(kStart + 1ms * ms);
    while (passing.throttle.is_open()) {
      passing.throttle.charge(1_B);
      passed += 1_B;
    }
  }
  EXPECT_GE(passed, 14'990_B);
  EXPECT_LE(passed, 15'000_B);
}

TEST(Throttle, WaitersAreServedInTurn) {
  Passing passing(BytesPerSecond(100 << 10));
  passing.most = 9;
  for (std::uint32_t peer : {1u, 2u, 3u}) passing.throttle.wait(TorrentId(0), PeerKey(peer));
  passing.world.run_until(kStart + 10s);
  EXPECT_EQ(passing.order.size(), 11u);   // the last two were waiting already
  for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(passing.order[i], i % 3 + 1) << i;
}

TEST(Throttle, AnIdleBucketSavesUpAQuarterOfASecondOnly) {
  Passing passing(BytesPerSecond(100 << 10));
  passing.world.run_until(kStart + 1h);
  ByteCount passed;
  while (passing.throttle.is_open()) {
    passing.throttle.charge(1_KiB);
    passed += 1_KiB;
  }
  EXPECT_EQ(passed, 25_KiB);
}

TEST(Throttle, KeepsARateThatIsAdjustedAgainAndAgain) {
  Passing passing(BytesPerSecond(10 << 10));
  passing.throttle.wait(TorrentId(0), PeerKey(1));
  for (int i = 0; i < 1000; ++i) {
    passing.throttle.adjust_rate(BytesPerSecond((i % 2 == 0 ? 9 : 11) << 10));   // a debt that it forgave would be had a thousand times
    passing.world.run_until(passing.world.now() + 100ms);
  }
  const double ratio = static_cast<double>(passing.passed.value()) / (10 << 10) / 100;
  EXPECT_GT(ratio, 0.97);
  EXPECT_LT(ratio, 1.03);
}

TEST(Throttle, KnowsTheTightestOfThoseThatItStandsIn) {
  Passing passing(BytesPerSecond(5000));
  const runtime::Outside outside = passing.world.outside(passing.host);
  Throttle middle(std::nullopt, outside.clock, outside.timers, passing.throttle);
  Throttle inner(BytesPerSecond(9000), outside.clock, outside.timers, middle);
  EXPECT_EQ(middle.tightest_rate(), BytesPerSecond(5000));
  EXPECT_EQ(inner.tightest_rate(), BytesPerSecond(5000));
  inner.set_rate(BytesPerSecond(100));
  EXPECT_EQ(inner.tightest_rate(), BytesPerSecond(100));
  inner.set_rate(std::nullopt);
  passing.throttle.set_rate(std::nullopt);
  EXPECT_EQ(inner.tightest_rate(), std::nullopt);
}

}  // namespace
}  // namespace swarmlab::client
