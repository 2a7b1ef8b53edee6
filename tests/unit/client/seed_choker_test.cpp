// Who is unchoked by a seed.
#include "client/choker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/client/choker_swarm.hpp"

namespace swarmlab::client {
namespace {

TEST(SeedChoker, PassesASlotOnAtOnceWhenItsHolderWantsNoMore) {
  Swarm swarm({.slots = 1, .interest_grace = 500ms}, ChokeMode::seeding);
  const auto first = swarm.join();
  swarm.fill();
  const auto second = swarm.join();
  swarm.set_now(3s);
  swarm[first].interested = false;
  swarm[first].lost_interest_at = swarm.now();
  swarm.fill();
  EXPECT_TRUE(swarm.is_unchoked(second));
}

TEST(SeedChoker, GivesEveryPeerItsShareOfTime) {
  Swarm swarm({.slots = 4}, ChokeMode::seeding);
  std::vector<PeerKey> peers;
  for (int i = 0; i < 12; ++i) peers.push_back(swarm.join());
  swarm.round();
  swarm.run(360, [&] {
    for (auto& [key, peer] : swarm.peers()) {
      if (peer.unchoked) peer.sent_since_unchoke += 10_MiB;
    }
  });
  for (const PeerKey peer : peers) {   // an hour, four slots, twelve peers: 20 min each
    EXPECT_GE(swarm.held(peer), 19min);
    EXPECT_LE(swarm.held(peer), 21min);
  }
}

TEST(SeedChoker, LetsASlowPeerOwnNoSlot) {
  Swarm swarm({.slots = 4}, ChokeMode::seeding);
  std::vector<PeerKey> peers;
  for (int i = 0; i < 12; ++i) peers.push_back(swarm.join());
  const auto is_slow = [&](PeerKey key) { return key == peers[0] || key == peers[1]; };
  swarm.round();
  swarm.run(360, [&] {
    for (auto& [key, peer] : swarm.peers()) {
      if (peer.unchoked) peer.sent_since_unchoke += is_slow(key) ? 100_KiB : 10_MiB;
    }
  });
  for (const PeerKey peer : peers) {   // within a factor of two of 20 min (bug B05)
    EXPECT_GE(swarm.held(peer), 10min) << peer.value();
    EXPECT_LE(swarm.held(peer), 40min) << peer.value();
  }
}

TEST(SeedChoker, LetsATurnLastUntilBothBytesAndTimeAreUsedUp) {
  Swarm swarm({.slots = 1}, ChokeMode::seeding);
  const auto holder = swarm.join();
  swarm.round();
  swarm.join();
  swarm[holder].sent_since_unchoke = 100_MiB;
  swarm.run(2);
  EXPECT_TRUE(swarm.is_unchoked(holder));         // 20 s
  swarm[holder].sent_since_unchoke = 4_MiB - 1_B;
  swarm.run(1);
  EXPECT_TRUE(swarm.is_unchoked(holder));         // 30 s, a byte short
  swarm[holder].sent_since_unchoke = 4_MiB;
  swarm.run(1);
  EXPECT_FALSE(swarm.is_unchoked(holder));
}

TEST(SeedChoker, EndsATurnAtTwiceItsTime) {
  Swarm swarm({.slots = 1}, ChokeMode::seeding);
  const auto holder = swarm.join();
  swarm.round();
  swarm.join();
  swarm.run(5);
  EXPECT_TRUE(swarm.is_unchoked(holder));
  swarm.run(1);
  EXPECT_FALSE(swarm.is_unchoked(holder));
}

TEST(SeedChoker, ServesWhoWaitedLongest) {
  Swarm swarm({.slots = 1}, ChokeMode::seeding);
  const auto holder = swarm.join();
  swarm.round();
  swarm.set_now(1s);
  const auto first = swarm.join();
  swarm.set_now(2s);
  swarm.join();
  swarm.leave(holder);
  swarm.fill();
  EXPECT_TRUE(swarm.is_unchoked(first));
}

TEST(SeedChoker, LeavesThePeersAloneWhileAllHaveRoom) {
  Swarm swarm({.slots = 4}, ChokeMode::seeding);
  std::vector<PeerKey> peers;
  for (int i = 0; i < 4; ++i) peers.push_back(swarm.join());
  swarm.run(60);
  for (const PeerKey peer : peers) EXPECT_EQ(swarm.changes(peer), 1);
}

TEST(SeedChoker, DisplacesOnlyAsManyAsWait) {
  Swarm swarm({.slots = 4}, ChokeMode::seeding);
  for (int i = 0; i < 4; ++i) swarm.join();
  swarm.run(10);
  const auto late = swarm.join();
  swarm.run(1);
  EXPECT_TRUE(swarm.is_unchoked(late));
  EXPECT_EQ(swarm.unchoked(), 4U);
}

TEST(SeedChoker, EndsTheLongestTurnFirst) {
  Swarm swarm({.slots = 2}, ChokeMode::seeding);
  swarm.set_now(1s);
  const auto younger = swarm.join();   // the smaller key, so that keys do not decide
  swarm[younger].interested = false;
  const auto older = swarm.join();
  swarm.fill();
  swarm.set_now(5s);
  swarm[younger].interested = true;
  swarm.fill();
  swarm.run(7);
  swarm.join();
  swarm.run(1);
  EXPECT_FALSE(swarm.is_unchoked(older));
  EXPECT_TRUE(swarm.is_unchoked(younger));
}

// ---- the other policies ----

TEST(SeedChoker, FastestUploadKeepsThoseWhoTakeMost) {
  Swarm swarm({.slots = 3, .optimistic = 1, .seed_policy = SeedPolicy::fastest_upload}, ChokeMode::seeding);
  std::vector<PeerKey> peers;
  for (int i = 0; i < 8; ++i) peers.push_back(swarm.join());
  const auto takes = [&] {
    for (auto& [key, peer] : swarm.peers()) peer.takes_from_us = BytesPerSecond(peer.unchoked ? 1'000 * (1 + key.value()) : 0);
  };
  swarm.round();
  swarm.run(90, takes);
  // Each has shown what it takes by then: the two best stay, the third slot goes round.
  const Duration before = swarm.held(peers[7]) + swarm.held(peers[6]);
  const Duration others = swarm.held(peers[0]);
  swarm.run(90, takes);
  EXPECT_EQ(swarm.held(peers[7]) + swarm.held(peers[6]) - before, 2 * 900s);
  EXPECT_GT(swarm.held(peers[0]), others);
}

TEST(SeedChoker, AntiLeechPrefersBeginnersAndThoseWhoAreNearlyDone) {
  Swarm swarm({.slots = 2, .optimistic = 0, .seed_policy = SeedPolicy::anti_leech}, ChokeMode::seeding);
  const auto middle = swarm.join();
  const auto beginner = swarm.join();
  const auto nearly_done = swarm.join();
  swarm[middle].progress = 480;
  swarm[beginner].progress = 20;
  swarm[nearly_done].progress = 950;
  swarm.round();
  EXPECT_FALSE(swarm.is_unchoked(middle));
  EXPECT_TRUE(swarm.is_unchoked(beginner));
  EXPECT_TRUE(swarm.is_unchoked(nearly_done));
}

TEST(SeedChoker, AntiLeechLeavesTheMiddleNotWithout) {
  Swarm swarm({.slots = 2, .optimistic = 1, .seed_policy = SeedPolicy::anti_leech}, ChokeMode::seeding);
  const auto middle = swarm.join();
  swarm[middle].progress = 500;
  for (int i = 0; i < 4; ++i) swarm.join();
  swarm.run(40);
  EXPECT_GT(swarm.held(middle), 60s);
}

TEST(SeedChoker, NewSeedGivesAThirdOfTheSlotsAnewInHalfAMinute) {
  Swarm swarm({.slots = 6, .seed_policy = SeedPolicy::new_seed}, ChokeMode::seeding);
  std::vector<PeerKey> peers;
  for (int i = 0; i < 18; ++i) peers.push_back(swarm.join());
  swarm.run(3);   // everybody is new: the slots are filled first
  std::size_t begun = 0;
  for (int round = 0; round < 30; ++round) {
    std::vector<PeerKey> before;
    for (const PeerKey peer : peers) {
      if (swarm.is_unchoked(peer)) before.push_back(peer);
    }
    swarm.run(1);
    for (const PeerKey peer : peers) {
      if (swarm.is_unchoked(peer) && !std::ranges::binary_search(before, peer)) ++begun;
    }
  }
  EXPECT_EQ(begun, 20U) << "two in 30 s, for five minutes";
}

TEST(SeedChoker, NewSeedServesEverybodyAlike) {
  Swarm swarm({.slots = 4, .seed_policy = SeedPolicy::new_seed}, ChokeMode::seeding);
  std::vector<PeerKey> peers;
  for (int i = 0; i < 12; ++i) peers.push_back(swarm.join());
  swarm.round();
  swarm.run(720);
  for (const PeerKey peer : peers) {   // two hours, four slots, twelve peers: 40 min each
    EXPECT_GE(swarm.held(peer), 36min) << peer.value();
    EXPECT_LE(swarm.held(peer), 44min) << peer.value();
  }
}

TEST(SeedChoker, NewSeedGivesWhoTakesMostNoMoreThanOthers) {
  Swarm swarm({.slots = 4, .seed_policy = SeedPolicy::new_seed}, ChokeMode::seeding);
  const auto fast = swarm.join();
  for (int i = 0; i < 11; ++i) swarm.join();
  swarm.round();
  swarm.run(720, [&] { swarm[fast].takes_from_us = BytesPerSecond(swarm.is_unchoked(fast) ? 1'000'000 : 0); });
  EXPECT_LE(swarm.held(fast), 44min) << "of two hours, with four slots for twelve peers";
}

TEST(SeedChoker, NoPolicyLeavesASlotEmptyWhileSomebodyWaits) {
  for (const SeedPolicy policy : {SeedPolicy::time_quota, SeedPolicy::fastest_upload, SeedPolicy::anti_leech, SeedPolicy::new_seed}) {
    Swarm swarm({.slots = 3, .seed_policy = policy}, ChokeMode::seeding);
    for (int i = 0; i < 7; ++i) swarm.join();
    swarm.fill();
    EXPECT_EQ(swarm.unchoked(), 3U);
    swarm.run(50, [&] { EXPECT_EQ(swarm.unchoked(), 3U) << static_cast<int>(policy); });
  }
}

}  // namespace
}  // namespace swarmlab::client
