#include "swarmsim/checks/slot_account.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

using Kind = SlotAccount::Kind;
using Wrong = SlotAccount::Wrong;

class SlotAccountTest : public ::testing::Test {
 protected:
  // One slot; 11 s to react.
  PerSide<Backlog> backlogs;
  SlotAccount account{{.slots = 1, .reaction = 11s}, backlogs};
  void add(Duration at, std::uint32_t peer, Kind kind) { add_late(at, at, peer, kind); }
  void add_between(Duration earliest, Duration latest, std::uint32_t peer, Kind kind) {
    account.add_between(kStart + earliest, {kStart + latest, ConnectionId(peer), HostId(peer), kind, Direction::from_dialler},
                        kStart + latest);
  }
  void add_end(Duration at, std::uint32_t peer) {
    account.add_end({kStart + at, ConnectionId(peer), HostId(peer), Kind::closed, Direction::from_dialler}, 10s);
  }
  Backlog& backlog(std::uint32_t peer) { return backlogs.at(ConnectionId(peer), Direction::from_dialler); }
  void add_late(Duration at, Duration seen, std::uint32_t peer, Kind kind) {
    account.add({kStart + at, ConnectionId(peer), HostId(peer), kind, Direction::from_dialler}, kStart + seen);
  }
};

TEST_F(SlotAccountTest, MovingTheSlotInOneInstantIsNoSurplus) {
  add(1s, 1, Kind::interested);
  add(1s, 2, Kind::interested);
  add(1s, 1, Kind::unchoke);
  add(10s, 2, Kind::unchoke);              // sent at once
  add_late(10s, 14s, 1, Kind::choke);      // decided together with it, but waits behind a block
  account.finish(kStart + 20s);
  EXPECT_FALSE(account.fault());
  EXPECT_EQ(account.most(), 1u);
  EXPECT_TRUE(account.had_more_demand_than_slots());
}

TEST_F(SlotAccountTest, AnUnchokeTooManyIsWrongAtOnce) {
  add(1s, 1, Kind::interested);
  add(1s, 2, Kind::interested);
  add(1s, 1, Kind::unchoke);
  add(2s, 2, Kind::unchoke);
  add(3s, 1, Kind::choke);
  account.finish(kStart + 3s);
  ASSERT_TRUE(account.fault());
  EXPECT_EQ(account.fault()->wrong, Wrong::unchoked_too_many);
  EXPECT_EQ(account.fault()->since, kStart + 2s);
  EXPECT_EQ(account.fault()->unchoked, 2u);
}

TEST_F(SlotAccountTest, AChokeMayBeStuckBehindBlocksThatThePeerDoesNotRead) {
  add(1s, 1, Kind::interested);
  add(1s, 2, Kind::interested);
  add(1s, 1, Kind::unchoke);
  backlog(1).on_request();
  backlog(1).on_answer(kStart + 5s);
  backlog(1).on_request();
  add(50s, 2, Kind::unchoke);              // in place of 1, to which nothing was sent since
  account.finish(kStart + 100s);
  EXPECT_FALSE(account.fault());
  EXPECT_EQ(account.most(), 1u);
}

TEST_F(SlotAccountTest, WhoIsServedAfterwardsWasNotChoked) {
  add(1s, 1, Kind::interested);
  add(1s, 2, Kind::interested);
  add(1s, 1, Kind::unchoke);
  backlog(1).on_request();
  add(50s, 2, Kind::unchoke);
  backlog(1).on_request();
  backlog(1).on_answer(kStart + 51s);
  account.finish(kStart + 52s);
  ASSERT_TRUE(account.fault());
  EXPECT_EQ(account.fault()->wrong, Wrong::unchoked_too_many);
}

TEST_F(SlotAccountTest, ASpareSlotThatBecomesWantedHasARoundToGo) {
  add(1s, 1, Kind::interested);
  add(1s, 1, Kind::unchoke);
  add(1s, 2, Kind::unchoke);               // not interested: spare slots may be given away
  add(5s, 2, Kind::interested);
  add(15s, 2, Kind::choke);
  account.finish(kStart + 15s);
  EXPECT_FALSE(account.fault());
  add(16s, 2, Kind::not_interested);
  add(16s, 2, Kind::unchoke);
  add(20s, 2, Kind::interested);
  account.finish(kStart + 32s);
  ASSERT_TRUE(account.fault());
  EXPECT_EQ(account.fault()->wrong, Wrong::kept_too_many);
}

TEST_F(SlotAccountTest, ASlotLeftEmptyWhileOthersWaitIsWrongAfterARound) {
  add(1s, 1, Kind::interested);
  add(1s, 2, Kind::interested);
  account.finish(kStart + 12s);
  EXPECT_FALSE(account.fault());
  account.finish(kStart + 13s);
  ASSERT_TRUE(account.fault());
  EXPECT_EQ(account.fault()->wrong, Wrong::too_few);
}

TEST_F(SlotAccountTest, APeerThatIsGoneHoldsNoSlot) {
  add(1s, 1, Kind::interested);
  add(1s, 2, Kind::interested);
  add(1s, 1, Kind::unchoke);
  add(2s, 1, Kind::closed);
  add(2s, 2, Kind::unchoke);
  account.finish(kStart + 3s);
  EXPECT_FALSE(account.fault());
}

TEST_F(SlotAccountTest, AHangUpCountsFromTheLastDealingsEvenIfItIsSeenLater) {
  add(1s, 1, Kind::interested);
  add(1s, 2, Kind::interested);
  add(1s, 1, Kind::unchoke);
  add(3s, 2, Kind::unchoke);                                       // in place of 1, which was dropped just before
  add_end(4s, 1);   // its FIN arrives now
  account.finish(kStart + 5s);
  EXPECT_FALSE(account.fault());
}

TEST_F(SlotAccountTest, AHangUpLeavesNoSlotEmptyBeforeItIsSeen) {
  for (const std::uint32_t peer : {1u, 2u, 3u}) add(1s, peer, Kind::interested);
  add(1s, 1, Kind::unchoke);
  add_end(10s, 1);   // whole since 9 s, and it hung up then
  add(20s, 2, Kind::unchoke);                                       // in a round after that
  account.finish(kStart + 20s);
  EXPECT_FALSE(account.fault());
}

TEST_F(SlotAccountTest, AChokeThatWaitedForMinutesLeavesNoSlotEmptyInThePast) {
  add(1s, 1, Kind::interested);
  add(1s, 2, Kind::interested);
  add(1s, 1, Kind::unchoke);
  backlog(1).on_request();
  add(20s, 2, Kind::unchoke);              // in place of 1, whose Choke waits behind blocks
  add(50s, 2, Kind::choke);                // the turn of 1 again: its Unchoke waits, too
  add(115s, 3, Kind::interested);          // what was decided up to 55 s is counted
  add_late(20s, 130s, 1, Kind::choke);
  add_late(50s, 130s, 1, Kind::unchoke);
  account.finish(kStart + 140s);
  EXPECT_FALSE(account.fault());
}

TEST_F(SlotAccountTest, JudgesALongRunAsItGoes) {
  for (int i = 0; i < 5000; ++i) {
    const std::uint32_t peer = static_cast<std::uint32_t>(i % 2) + 1;
    add(std::chrono::seconds(i), peer, Kind::interested);
    if (i > 0) add(std::chrono::seconds(i), 3 - peer, Kind::choke);
    add(std::chrono::seconds(i), peer, Kind::unchoke);
  }
  account.finish(kStart + 5000s);
  EXPECT_FALSE(account.fault());
  EXPECT_EQ(account.most(), 1u);
}

TEST_F(SlotAccountTest, BetweenTheBoundsOfADecisionASlotIsNeitherTakenNorFree) {
  add(1s, 1, Kind::interested);
  add(1s, 2, Kind::interested);
  add(2s, 1, Kind::unchoke);
  add_between(10s, 40s, 1, Kind::choke);   // when it was decided nobody knows
  add_between(20s, 21s, 2, Kind::unchoke);
  account.finish(kStart + 45s);
  EXPECT_FALSE(account.fault());
}

TEST_F(SlotAccountTest, WhatIsSureInSpiteOfTheBoundsIsAccused) {
  add(1s, 1, Kind::interested);
  add(1s, 2, Kind::interested);
  add(2s, 1, Kind::unchoke);
  add_between(30s, 40s, 1, Kind::choke);
  add_between(20s, 21s, 2, Kind::unchoke);
  account.finish(kStart + 45s);
  ASSERT_TRUE(account.fault());
  EXPECT_EQ(account.fault()->wrong, Wrong::unchoked_too_many);
  EXPECT_EQ(account.fault()->since, kStart + 21s);
}

}  // namespace
}  // namespace swarmlab::swarmsim
