#include "client/choker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "tests/unit/client/choker_swarm.hpp"

namespace swarmlab::client {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// ---- leeching ----

TEST(Choker, UnchokesThePeersThatGiveUsMostAndOneMore) {
  Swarm swarm({.slots = 3, .optimistic = 1});
  const auto low = swarm.join({.gives = 1'000});
  const auto high = swarm.join({.gives = 9'000});
  const auto middle = swarm.join({.gives = 5'000});
  swarm.join();
  swarm.round();
  EXPECT_TRUE(swarm.is_unchoked(high));
  EXPECT_TRUE(swarm.is_unchoked(middle));
  EXPECT_THAT(swarm.optimistic(), SizeIs(1));
  EXPECT_THAT(swarm.optimistic(), Not(Contains(high)));
  EXPECT_EQ(swarm.unchoked(), 3U);
  (void)low;
}

TEST(Choker, KeepsNoSlotForAFastPeerThatIsNotInterested) {
  Swarm swarm({.slots = 1, .optimistic = 0});
  const auto bored = swarm.join({.interested = false, .gives = 900'000});
  const auto slow = swarm.join({.gives = 10'000});
  swarm.round();
  EXPECT_FALSE(swarm.is_unchoked(bored));
  EXPECT_TRUE(swarm.is_unchoked(slow));
}

TEST(Choker, TakesTheSlotOfAPeerThatLostInterestWhenSomebodyNeedsIt) {
  Swarm swarm({.slots = 1, .optimistic = 0});
  const auto first = swarm.join({.gives = 9'000});
  swarm.round();
  swarm[first].interested = false;
  swarm.fill();
  EXPECT_TRUE(swarm.is_unchoked(first));   // nobody needs it yet
  swarm.set_now(3s);
  const auto second = swarm.join();
  swarm.fill();
  EXPECT_FALSE(swarm.is_unchoked(first));
  EXPECT_TRUE(swarm.is_unchoked(second));
}

TEST(Choker, GivesAFreeSlotAtOnceToWhoBecomesInterested) {
  Swarm swarm({.slots = 2, .optimistic = 1});
  const auto peer = swarm.join({.interested = false});
  swarm.round();
  EXPECT_FALSE(swarm.is_unchoked(peer));
  swarm.set_now(4s);
  swarm[peer].interested = true;
  swarm.fill();
  EXPECT_TRUE(swarm.is_unchoked(peer));
}

TEST(Choker, DisplacesNobodyInterestedBetweenRounds) {
  Swarm swarm({.slots = 2, .optimistic = 1});
  const auto a = swarm.join({.gives = 10});
  const auto b = swarm.join();
  swarm.round();
  swarm.set_now(1s);
  const auto better = swarm.join({.gives = 1'000'000});
  swarm.fill();
  EXPECT_TRUE(swarm.is_unchoked(a));
  EXPECT_TRUE(swarm.is_unchoked(b));
  EXPECT_FALSE(swarm.is_unchoked(better));
  swarm.set_now(10s);
  swarm.round();
  EXPECT_TRUE(swarm.is_unchoked(better));
}

TEST(Choker, FillsTheSlotOfAPeerThatLeft) {
  Swarm swarm({.slots = 2, .optimistic = 1});
  for (int i = 0; i < 4; ++i) swarm.join();
  swarm.round();
  const auto gone = swarm.optimistic().front();
  swarm.leave(gone);
  swarm.set_now(2s);
  swarm.fill();
  EXPECT_EQ(swarm.unchoked(), 2U);
}

TEST(Choker, GivesAFreeRegularSlotToAPeerThatGivesUsMost) {
  Swarm swarm({.slots = 2, .optimistic = 1});
  const auto regular = swarm.join({.gives = 9'000});
  swarm.join();
  swarm.round();
  swarm.leave(regular);
  for (int i = 0; i < 8; ++i) swarm.join();
  const auto earner = swarm.join({.gives = 100});
  swarm.set_now(2s);
  swarm.fill();
  EXPECT_TRUE(swarm.is_unchoked(earner));
  EXPECT_THAT(swarm.optimistic(), Not(Contains(earner)));
}

TEST(Choker, LetsAPeerThatWasJustChokedWaitForTheRound) {
  Swarm swarm({.slots = 1, .optimistic = 0});
  const auto flickering = swarm.join({.gives = 5});
  swarm.round();
  const auto other = swarm.join();
  swarm.set_now(2s);
  swarm[flickering].interested = false;
  swarm.fill();                                  // choked in favour of the other
  swarm.leave(other);
  swarm.set_now(3s);
  swarm[flickering].interested = true;
  swarm.fill();
  EXPECT_FALSE(swarm.is_unchoked(flickering));   // a third change within ten seconds
  EXPECT_EQ(swarm.again_at(), at(10s));
  swarm.set_now(10s);
  swarm.fill();
  EXPECT_TRUE(swarm.is_unchoked(flickering));
}

TEST(Choker, OpensADoorThatARoundHasShutAsSoonAsASlotFallsFree) {
  Swarm swarm({.slots = 1, .optimistic = 0, .rechoke_interval = 10s});
  const auto loser = swarm.join({.gives = 5});
  swarm.round();
  const auto winner = swarm.join({.gives = 50});
  swarm.set_now(10s);
  swarm.round();
  ASSERT_FALSE(swarm.is_unchoked(loser));
  swarm.leave(winner);
  swarm.set_now(12s);
  swarm.fill();
  EXPECT_TRUE(swarm.is_unchoked(loser));   // unchoked at 0 s, choked at 10 s: not before 20 s is it choked again
}

TEST(Choker, KeepsADoorOpenThatWasShutForLessThanARound) {
  Swarm swarm({.slots = 1, .optimistic = 0, .rechoke_interval = 10s});
  const auto back = swarm.join({.gives = 5});
  swarm.fill();
  swarm.set_now(16s);
  const auto other = swarm.join({.gives = 50});
  swarm[back].interested = false;
  swarm.fill();                                 // choked to make room
  swarm.leave(other);
  swarm.set_now(17s);
  swarm[back].interested = true;
  swarm.fill();
  ASSERT_TRUE(swarm.is_unchoked(back));         // its unchoke before was long ago
  swarm.join({.gives = 500});
  swarm.set_now(20s);
  swarm.round();
  EXPECT_TRUE(swarm.is_unchoked(back));         // the third change in four seconds
  swarm.set_now(30s);
  swarm.round();
  EXPECT_FALSE(swarm.is_unchoked(back));
}

TEST(Choker, KeepsTheSlotOfAPartnerWhoseInterestFlickers) {
  Swarm swarm({.slots = 1, .optimistic = 0, .interest_grace = 500ms});
  const auto partner = swarm.join({.gives = 5});
  swarm.fill();
  swarm.join({.gives = 1});
  swarm.set_now(3s);
  swarm[partner].interested = false;
  swarm[partner].lost_interest_at = swarm.now();
  swarm.fill();
  EXPECT_TRUE(swarm.is_unchoked(partner));
  EXPECT_EQ(swarm.again_at(), at(3500ms));
  swarm.set_now(3500ms);
  swarm.fill();
  EXPECT_FALSE(swarm.is_unchoked(partner)) << "somebody waits, and this was no flicker";
}

TEST(Choker, LeavesADoorShutThatWasOpenForLessThanARound) {
  Swarm swarm({.slots = 1, .optimistic = 0, .rechoke_interval = 10s});
  swarm.set_now(4s);
  const auto loser = swarm.join({.gives = 5});
  swarm.fill();
  const auto winner = swarm.join({.gives = 50});
  swarm.set_now(10s);
  swarm.round();
  swarm.leave(winner);
  swarm.set_now(12s);
  swarm.fill();
  EXPECT_FALSE(swarm.is_unchoked(loser));
  EXPECT_EQ(swarm.again_at(), at(14s));
}

TEST(Choker, ShowsTwoEqualPeersTheSameStateAgainAndAgain) {
  Swarm swarm({.slots = 1, .optimistic = 0});
  const auto a = swarm.join({.gives = 1'000});
  const auto b = swarm.join({.gives = 1'000});
  int step = 0;
  swarm.run(100, [&] {   // rates that cross each other by a tenth
    swarm[a].gives_us = BytesPerSecond(step % 2 == 0 ? 1'100 : 1'000);
    swarm[b].gives_us = BytesPerSecond(step % 2 == 0 ? 1'000 : 1'100);
    ++step;
  });
  EXPECT_LE(swarm.changes(a), 1);
  EXPECT_LE(swarm.changes(b), 1);
}

TEST(Choker, GivesTheSlotToAChallengerThatIsClearlyBetter) {
  Swarm swarm({.slots = 1, .optimistic = 0});
  const auto holder = swarm.join({.gives = 8'000});
  swarm.run(1);
  ASSERT_TRUE(swarm.is_unchoked(holder));
  const auto challenger = swarm.join({.gives = 9'000});   // exactly an eighth more: not enough
  swarm.run(1);
  EXPECT_TRUE(swarm.is_unchoked(holder));
  swarm[challenger].gives_us = BytesPerSecond(9'001);
  swarm.run(1);
  EXPECT_TRUE(swarm.is_unchoked(challenger));
  EXPECT_FALSE(swarm.is_unchoked(holder));
}

TEST(Choker, TakesTheRegularSlotFromASnubbedPeer) {
  Swarm swarm({.slots = 2, .optimistic = 1});
  const auto snubber = swarm.join({.gives = 9'000});
  const auto modest = swarm.join({.gives = 10});
  for (int i = 0; i < 3; ++i) swarm.join();
  swarm.round();
  ASSERT_TRUE(swarm.is_unchoked(snubber));
  swarm[snubber].snubbed = true;
  swarm.run(4);
  EXPECT_TRUE(swarm.is_unchoked(modest));
  EXPECT_THAT(swarm.optimistic(), Not(Contains(modest)));
}

TEST(Choker, ReachesASnubbedPeerThroughTheOptimisticSlot) {
  Swarm swarm({.slots = 1, .optimistic = 1});
  const auto snubber = swarm.join();
  swarm[snubber].snubbed = true;
  swarm.join();
  swarm.run(60);
  EXPECT_GT(swarm.held(snubber), 60s);
}

TEST(Choker, TurnsUnearnedSlotsIntoOptimisticOnes) {
  Swarm swarm({.slots = 4, .optimistic = 1});
  for (int i = 0; i < 9; ++i) swarm.join();
  swarm.round();
  EXPECT_THAT(swarm.optimistic(), SizeIs(4));
}

TEST(Choker, KeepsAnOptimisticPeerForThreeRounds) {
  Swarm swarm({.slots = 1, .optimistic = 1});
  for (int i = 0; i < 8; ++i) swarm.join();
  swarm.round();
  for (int turn = 0; turn < 50; ++turn) {
    const auto holder = swarm.optimistic();
    swarm.run(2);
    EXPECT_EQ(swarm.optimistic(), holder);
    swarm.run(1);
    EXPECT_NE(swarm.optimistic(), holder);   // while others wait it is not drawn again at once
  }
}

TEST(Choker, LetsAnOptimisticTurnGoOnWhileNobodyWaits) {
  Swarm swarm({.slots = 2, .optimistic = 1});
  const auto alone = swarm.join();
  swarm.run(20);
  EXPECT_TRUE(swarm.is_unchoked(alone));
  EXPECT_EQ(swarm.changes(alone), 1);
}

TEST(Choker, MovesAnOptimisticPeerThatReciprocatesToARegularSlot) {
  Swarm swarm({.slots = 2, .optimistic = 1});
  const auto regular = swarm.join({.gives = 1'000});
  swarm.round();
  const auto newcomer = swarm.join();
  swarm.run(1);
  ASSERT_THAT(swarm.optimistic(), ElementsAre(newcomer));
  swarm[newcomer].gives_us = BytesPerSecond(5'000);
  const auto third = swarm.join();
  swarm.run(1);
  EXPECT_TRUE(swarm.is_unchoked(newcomer));
  EXPECT_THAT(swarm.optimistic(), Not(Contains(newcomer)));
  EXPECT_THAT(swarm.optimistic(), SizeIs(1));   // the slot it left was given on
  (void)regular;
  (void)third;
}

TEST(Choker, GivesTheOldestAdditionalTurnToAPeerThatEarnsASlot) {
  Swarm swarm({.slots = 2, .optimistic = 1});
  const auto old_turn = swarm.join();
  swarm.round();
  const auto young_turn = swarm.join();
  swarm.run(1);
  ASSERT_THAT(swarm.optimistic(), ElementsAre(old_turn, young_turn));
  const auto earner = swarm.join({.gives = 100});
  swarm.run(1);
  EXPECT_TRUE(swarm.is_unchoked(earner));
  EXPECT_THAT(swarm.optimistic(), ElementsAre(young_turn));
}

TEST(Choker, SharesTheOptimisticSlotFairly) {
  Swarm swarm({.slots = 5, .optimistic = 1, .newcomer_weight = 1});
  for (int i = 0; i < 4; ++i) swarm.join({.gives = 100'000});
  std::vector<PeerKey> poor;
  for (int i = 0; i < 8; ++i) poor.push_back(swarm.join());
  constexpr int kTurns = 800;
  swarm.run(kTurns * 3);
  for (const PeerKey peer : poor) {   // 100 turns expected, standard deviation under 10: six of them
    EXPECT_GT(swarm.held(peer) / 30s, 44);
    EXPECT_LT(swarm.held(peer) / 30s, 156);
  }
}

TEST(Choker, DrawsANewcomerThreeTimesAsOften) {
  int newcomer_won = 0;
  constexpr int kDraws = 4'000;
  runtime::Random random(9);
  for (int i = 0; i < kDraws; ++i) {
    Choker choker({.slots = 1, .optimistic = 1});
    std::vector<PeerView> peers(4);
    for (std::uint32_t k = 0; k < 4; ++k) {
      peers[k].key = PeerKey(k);
      peers[k].interested = true;
    }
    peers[2].connected_at = peers[2].changed_at = at(41s);   // 59 s old, the others 100 s
    newcomer_won += choker.decide(at(100s), ChokeMode::leeching, peers, random).contains(PeerKey(2)) ? 1 : 0;
  }
  EXPECT_NEAR(newcomer_won, kDraws * 3 / 6, 190);   // half of the draws; six standard deviations of 31.6
}

TEST(Choker, CountsAConnectionAsNewForItsFirstMinuteOnly) {
  int won = 0;
  constexpr int kDraws = 4'000;
  runtime::Random random(9);
  for (int i = 0; i < kDraws; ++i) {
    Choker choker({.slots = 1, .optimistic = 1});
    std::vector<PeerView> peers(4);
    for (std::uint32_t k = 0; k < 4; ++k) {
      peers[k].key = PeerKey(k);
      peers[k].interested = true;
    }
    peers[2].connected_at = peers[2].changed_at = at(40s);   // 60 s old
    won += choker.decide(at(100s), ChokeMode::leeching, peers, random).contains(PeerKey(2)) ? 1 : 0;
  }
  EXPECT_NEAR(won, kDraws / 4, 165);   // six standard deviations of 27.4
}

TEST(Choker, TakesTheSlotOfAPeerThatAsksForNothing) {
  Swarm swarm({.slots = 1, .optimistic = 0});
  const auto phantom = swarm.join({.gives = 50'000});
  swarm.run(1);
  const auto hungry = swarm.join({.gives = 1});
  swarm.let_nobody_ask();
  swarm.run(5);
  EXPECT_TRUE(swarm.is_unchoked(phantom));
  swarm.run(1);
  EXPECT_FALSE(swarm.is_unchoked(phantom));
  EXPECT_TRUE(swarm.is_unchoked(hungry));
}

TEST(Choker, UnchokesNobodyWithoutSlots) {
  Swarm swarm({.slots = 0, .optimistic = 1});
  swarm.join({.gives = 5});
  swarm.round();
  swarm.fill();
  EXPECT_EQ(swarm.unchoked(), 0U);
}

TEST(Choker, KeepsItsPromisesInARandomSwarm) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    runtime::Random random(seed);
    const auto slots = static_cast<std::uint32_t>(1 + random.below(6));
    Swarm swarm({.slots = slots, .optimistic = static_cast<std::uint32_t>(random.below(3))},
                random.chance(1, 3) ? ChokeMode::seeding : ChokeMode::leeching);
    std::map<PeerKey, std::vector<Time>> changes;
    for (int second = 1; second <= 600; ++second) {
      swarm.set_now(std::chrono::seconds(second));
      std::vector<PeerKey> keys;
      for (const auto& [key, peer] : swarm.peers()) keys.push_back(key);
      std::map<PeerKey, bool> before;
      for (const PeerKey key : keys) before[key] = swarm.is_unchoked(key);
      if (random.chance(1, 10))
        swarm.join({.interested = random.chance(1, 2),
                    .gives = static_cast<std::int64_t>(random.below(9)) * 1'000});
      if (!keys.empty()) {
        const PeerKey key = keys[random.below(keys.size())];
        if (random.chance(1, 40)) {
          swarm.leave(key);
        } else if (random.chance(1, 2)) {
          swarm[key].interested = !swarm[key].interested;
          if (!swarm[key].interested) changes[key].clear();       // to answer its change of mind is no flapping
        } else {
          swarm[key].gives_us = BytesPerSecond(static_cast<std::int64_t>(random.below(9)) * 1'000);
          swarm[key].snubbed = random.chance(1, 5);
        }
      }
      if (second == 300) swarm.set_mode(ChokeMode::seeding);
      second % 10 == 0 ? swarm.round() : swarm.fill();

      std::size_t served = 0;
      std::size_t hungry = 0;
      for (auto& [key, peer] : swarm.peers()) {
        if (peer.unchoked) peer.moved_at = swarm.now();
        if (peer.unchoked && peer.interested) ++served;
        const bool may_start = peer.changed_at == peer.connected_at || swarm.now() - peer.changed_at >= 10s;
        if (peer.interested && (peer.unchoked || may_start || peer.changed_at == swarm.now())) ++hungry;
        const auto was = before.find(key);
        if ((was != before.end() && was->second) != peer.unchoked) changes[key].push_back(swarm.now());
      }
      ASSERT_LE(swarm.unchoked(), slots);                       // B08
      if (second % 10 == 0) {
        ASSERT_EQ(served, std::min<std::size_t>(slots, hungry)) << second;
      }
    }
    for (const auto& [key, times] : changes) {                  // B07
      for (std::size_t i = 2; i < times.size(); ++i) ASSERT_GE(times[i] - times[i - 2], 10s) << key.value();
    }
  }
}

}  // namespace
}  // namespace swarmlab::client
