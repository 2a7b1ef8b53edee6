#include "swarmsim/network/link_faults.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

constexpr int kPackets = 400'000;

struct Losses {
  int lost = 0;
  int bursts = 0;
  double share() const { return lost / double{kPackets}; }
  double mean_burst() const { return lost / static_cast<double>(bursts); }
};

Losses losses(const LinkFaultSpec& spec, Duration gap = 1ms) {
  LinkFaults faults(spec, runtime::Random(5));
  Losses counted;
  bool was_lost = false;
  for (int i = 0; i < kPackets; ++i) {
    const bool is_lost = faults.loses(kStart + i * gap);
    counted.lost += is_lost ? 1 : 0;
    counted.bursts += is_lost && !was_lost ? 1 : 0;
    was_lost = is_lost;
  }
  return counted;
}

TEST(LinkFaults, LoseTheShareThatWasAskedForEachPacketByItself) {
  const Losses counted = losses({.loss = {20'000}});
  EXPECT_NEAR(counted.share(), 0.02, 0.0012);                 // five standard deviations
  EXPECT_NEAR(counted.mean_burst(), 1 / 0.98, 0.01);          // two in a row by chance alone
}

TEST(LinkFaults, LoseInBurstsOfTheMeanLengthThatWasAskedFor) {
  const Losses counted = losses({.loss = {20'000}, .loss_burst = 8});
  EXPECT_NEAR(counted.share(), 0.02, 0.004);
  EXPECT_NEAR(counted.mean_burst(), 8, 0.7);
}

TEST(LinkFaults, ForgetABurstWhileNothingIsSent) {
  const Losses counted = losses({.loss = {20'000}, .loss_burst = 8}, 1s);
  EXPECT_NEAR(counted.share(), 0.02, 0.0012);
  EXPECT_NEAR(counted.mean_burst(), 1 / 0.98, 0.01);
}

TEST(LinkFaults, HoldBackAndDoubleTheirShares) {
  LinkFaults faults({.reorder = {10'000}, .reorder_by = 7ms, .duplicate = {50'000}}, runtime::Random(5));
  int held = 0;
  int doubled = 0;
  for (int i = 0; i < kPackets; ++i) {
    const Duration by = faults.holds_back();
    EXPECT_TRUE(by == 0ms || by == 7ms);
    held += by == 7ms ? 1 : 0;
    doubled += faults.doubles() ? 1 : 0;
    EXPECT_FALSE(faults.loses(kStart));
  }
  EXPECT_NEAR(held / double{kPackets}, 0.01, 0.0008);
  EXPECT_NEAR(doubled / double{kPackets}, 0.05, 0.0018);
}

TEST(LinkFaults, JitterIsUniformUpToItsBound) {
  LinkFaults faults({.jitter = 10ms}, runtime::Random(5));
  double sum = 0;
  for (int i = 0; i < kPackets; ++i) {
    const Duration jitter = faults.jitter();
    EXPECT_TRUE(jitter >= 0ms && jitter <= 10ms);
    sum += static_cast<double>(jitter.count()) * 1e-6;
  }
  EXPECT_NEAR(sum / kPackets, 5.0, 0.03);
}

TEST(LinkFaults, WhatIsOffDrawsNothing) {
  LinkFaults only_jitter({.jitter = 10ms}, runtime::Random(5));
  LinkFaults asked_for_more({.jitter = 10ms}, runtime::Random(5));
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(asked_for_more.loses(kStart));
    EXPECT_EQ(asked_for_more.holds_back(), 0ms);
    EXPECT_FALSE(asked_for_more.doubles());
    EXPECT_EQ(asked_for_more.jitter(), only_jitter.jitter());
  }
}

}  // namespace
}  // namespace swarmlab::swarmsim
