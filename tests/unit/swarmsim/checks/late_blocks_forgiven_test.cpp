#include "swarmsim/checks/late_blocks_forgiven.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

// b unchokes; a asks it for a block, and takes that back.
class LateBlocksForgivenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("late_blocks_forgiven", who({kA}));
    stage.tells(1s, kA, kB, interested);
    stage.tells(1s, kB, kA, unchoke);
    stage.tells(1s, kC, kA, unchoke);
    stage.sent(2s, kA, kB, request, 0, 0);
  }
  Stage stage;
};

TEST_F(LateBlocksForgivenTest, HoldsWhenWhoWasLateIsKept) {
  stage.sent(10s, kA, kB, cancel, 0, 0);
  stage.received(11s, kB, kA, piece, 0, 0);
  stage.ended(kA, kB, 50s);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 late block: 1 after its Cancel, 0 twice; 0 hung up on for it");
}

TEST_F(LateBlocksForgivenTest, IsViolatedWhenItIsHungUpOn) {
  stage.sent(10s, kA, kB, cancel, 0, 0);
  stage.received(11s, kB, kA, piece, 0, 0);
  stage.ended(kA, kB, 12s);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a hangs up on b, 1 s after a block from there that it had asked for (limit 30 s)");
}

TEST_F(LateBlocksForgivenTest, ABlockThatSomebodyElseHasBroughtIsLateWithoutACancel) {
  stage.sent(3s, kA, kC, request, 0, 0);
  stage.received(4s, kC, kA, piece, 0, 0);
  stage.received(5s, kB, kA, piece, 0, 0);
  stage.ended(kA, kB, 6s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::violated);
}

TEST_F(LateBlocksForgivenTest, WhoNeverWasAskedIsNotLate) {
  stage.received(5s, kB, kA, piece, 2, 0);
  stage.ended(kA, kB, 6s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(LateBlocksForgivenTest, OtherReasonsAreGranted) {
  stage.sent(10s, kA, kB, cancel, 0, 0);
  stage.received(11s, kB, kA, piece, 0, 0, Authentic::no);
  stage.ended(kA, kB, 12s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
  Stage full;
  full.facts.peers[0].max_peers = 3;
  full.begin("late_blocks_forgiven", who({kA}));
  full.tells(1s, kA, kB, interested);
  full.tells(1s, kB, kA, unchoke);
  full.sent(2s, kA, kB, request, 0, 0);
  full.sent(10s, kA, kB, cancel, 0, 0);
  full.received(11s, kB, kA, piece, 0, 0);
  full.ended(kA, kB, 12s);
  EXPECT_EQ(full.conclude(60s).verdict, Verdict::held);
}

TEST_F(LateBlocksForgivenTest, WhatTheOtherEndsIsItsOwnDoing) {
  stage.sent(10s, kA, kB, cancel, 0, 0);
  stage.received(11s, kB, kA, piece, 0, 0);
  stage.ended(kB, kA, 12s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(LateBlocksForgivenTest, IsVacuousWhenNothingCameLate) {
  stage.received(5s, kB, kA, piece, 0, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
