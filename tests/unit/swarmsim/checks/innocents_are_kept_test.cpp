#include "swarmsim/checks/innocents_are_kept.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

class InnocentsAreKeptTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("innocents_are_kept", who({kA}));
    stage.received(5s, kB, kA, piece, 1, 0, Authentic::no);
    stage.received(5s, kC, kA, piece, 1, 1);
  }
  Stage stage;
};

TEST_F(InnocentsAreKeptTest, HoldsWhenOnlyTheGuiltyIsDropped) {
  stage.ended(kA, kB, 6s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(InnocentsAreKeptTest, IsViolatedByDroppingAnHonestPeer) {
  stage.ended(kA, kC, 6s);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a hung up on c, none of whose blocks was corrupt");
  EXPECT_EQ(judgement.story.front(), "00:05.000  the first corrupt block reaches a");
}

TEST_F(InnocentsAreKeptTest, ItIsWhoEndsAConnectionFirstThatDroppedTheOther) {
  stage.ended(kC, kA, 6s);
  stage.ended(kA, kC, 6s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(InnocentsAreKeptTest, WhoIsCompleteMayHangUp) {
  for (int p = 0; p < 4; ++p) stage.whole_piece(7s, kC, kA, p);
  stage.ended(kA, kC, 8s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(InnocentsAreKeptTest, ExceptsSilenceStopsAndFullHouses) {
  stage.ended(kA, kC, 300s);
  EXPECT_EQ(stage.conclude(400s).verdict, Verdict::held);
  Stage other;
  other.begin("innocents_are_kept", who({kA}));
  other.received(5s, kB, kA, piece, 1, 0, Authentic::no);
  other.stopped(kC, 6s);
  other.ended(kA, kC, 6s);
  EXPECT_EQ(other.conclude(60s).verdict, Verdict::held);
  Stage full;
  full.facts.peers[0].max_peers = 3;
  full.begin("innocents_are_kept", who({kA}));
  full.received(5s, kB, kA, piece, 1, 0, Authentic::no);
  full.ended(kA, kC, 6s);
  EXPECT_EQ(full.conclude(60s).verdict, Verdict::held);
}

TEST(InnocentsAreKept, IsVacuousWhenNobodyGotACorruptBlock) {
  Stage stage;
  stage.begin("innocents_are_kept", who({kA}));
  stage.whole_piece(5s, kB, kA, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST(InnocentsAreKept, AClientIsMisledByItsOwnDiskToo) {
  Stage stage;
  stage.facts.peers[0].storage = {{.begin = kStart + 1s, .end = kStart + 9s, .lies = true}};
  stage.disks.bites = 2;
  stage.begin("innocents_are_kept", who({kA}));
  stage.whole_piece(5s, kB, kA, 0);
  const Judgement kept = stage.conclude(60s);
  EXPECT_EQ(kept.verdict, Verdict::held);
  EXPECT_EQ(kept.measured, "0 honest connections dropped; 0 peers got corrupt blocks, the storage of 1 failed or lied");
  stage.ended(kA, kB, 61s);
  EXPECT_EQ(stage.conclude(62s).verdict, Verdict::violated);
}

TEST(InnocentsAreKept, WhoWasStartedAgainKeepsThemToo) {
  Stage stage;
  stage.begin("innocents_are_kept", who({kA}));
  stage.received(5s, kB, kA, piece, 1, 0, Authentic::no);
  stage.stopped(kA, 6s);
  stage.joined(kA, 7s);
  stage.ended(kA, kC, 8s);
  EXPECT_EQ(stage.conclude(20s).verdict, Verdict::held) << "that connection was of its first life";
  stage.open(kC, 9s);
  stage.received(9s, kA, kC, handshake);
  stage.received(9s, kC, kA, handshake);
  stage.ended(kA, kC, 10s);
  EXPECT_EQ(stage.conclude(20s).summary, "a hung up on c, none of whose blocks was corrupt");
}

TEST(InnocentsAreKept, WithoutAnyStorageAClientHasNoUseForAnybody) {
  Stage stage;
  stage.facts.peers[0].storage = {{.begin = kStart + 1s, .end = kStart + 9s, .refuses_writes = true}};
  stage.disks.bites = 2;
  stage.begin("innocents_are_kept", who({kA}));
  stage.whole_piece(5s, kB, kA, 0);
  stage.ended(kA, kB, 6s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

}  // namespace
}  // namespace swarmlab::swarmsim
