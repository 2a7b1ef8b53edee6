#include "swarmsim/network/congestion_window.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

TEST(CongestionWindow, GrowsByHalfPerRoundTripInSlowStart) {
  CongestionWindow window;
  EXPECT_EQ(window.bytes(), 10 * tcp::kMss);
  for (int ack = 0; ack < 5; ++ack) window.grow(2 * tcp::kMss, 1);   // ten packets, every second acknowledged
  EXPECT_EQ(window.bytes(), 15 * tcp::kMss);
}

TEST(CongestionWindow, CountsAnAcknowledgementOfATrainAsThoseItStandsFor) {
  CongestionWindow one_by_one;
  CongestionWindow at_once;
  for (int ack = 0; ack < 5; ++ack) one_by_one.grow(2 * tcp::kMss, 1);
  at_once.grow(10 * tcp::kMss, 5);
  EXPECT_EQ(one_by_one.bytes(), at_once.bytes());
}

TEST(CongestionWindow, HalvesOnLossAndThenGrowsByHalfAPacketPerRoundTrip) {
  CongestionWindow window;
  window.on_loss(40 * tcp::kMss);
  EXPECT_EQ(window.bytes(), 20 * tcp::kMss);
  EXPECT_FALSE(window.in_slow_start());
  for (int round = 0; round < 2; ++round) {
    for (int ack = 0; ack < 10; ++ack) window.grow(2 * tcp::kMss, 1);
  }
  EXPECT_EQ(window.bytes(), 21 * tcp::kMss);
}

TEST(CongestionWindow, StartsFromOnePacketAfterATimeoutAndKeepsTheThresholdOfTheFirst) {
  CongestionWindow window;
  window.on_timeout(40 * tcp::kMss, true);
  window.on_timeout(1 * tcp::kMss, false);
  EXPECT_EQ(window.bytes(), tcp::kMss);
  EXPECT_EQ(window.threshold(), 20 * tcp::kMss);
}

TEST(CongestionWindow, DecaysToTheInitialWindowWhileItRests) {
  CongestionWindow window;
  for (int ack = 0; ack < 100; ++ack) window.grow(2 * tcp::kMss, 1);
  window.on_idle(1);
  EXPECT_EQ(window.bytes(), 55 * tcp::kMss);
  window.on_idle(10);
  EXPECT_EQ(window.bytes(), tcp::kInitialWindow);
}

}  // namespace
}  // namespace swarmlab::swarmsim
