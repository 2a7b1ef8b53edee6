#include "swarmsim/checks/have_follows_verification.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// Everybody but a has everything at the start; b says so, c and d say nothing yet.
class HaveFollowsVerificationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.facts.peers[2].has_at_start.reset_all();
    stage.facts.peers[3].has_at_start.reset_all();
    stage.begin("have_follows_verification", who({kA}));
    stage.tells(1s, kB, kA, have_all);
  }
  Stage stage;
};

TEST_F(HaveFollowsVerificationTest, HoldsWhenEverybodyWhoLacksThePieceIsTold) {
  stage.whole_piece(10s, kB, kA, 1);
  stage.tells(11s, kA, kC, have, 1);
  stage.tells(12s, kA, kD, have, 1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 2 announcements missing, late or untrue; slowest after 2 s");
}

TEST_F(HaveFollowsVerificationTest, IsViolatedWhenOneIsNotTold) {
  stage.whole_piece(10s, kB, kA, 1);
  stage.tells(11s, kA, kC, have, 1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a has piece 1 and never tells d, which lacks it");
  EXPECT_EQ(judgement.story[0], "00:10.000  piece 1 is whole and true at a, connected to d");
}

TEST_F(HaveFollowsVerificationTest, IsViolatedByAHaveThatIsDecidedTooLate) {
  stage.whole_piece(10s, kB, kA, 1);
  stage.tells(11s, kA, kC, have, 1);
  stage.tells(17s, kA, kD, have, 1);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("announces piece 1 to d only 7 s after it had it (limit 5 s)"));
}

TEST_F(HaveFollowsVerificationTest, AHaveMayWaitToBeSent) {
  stage.whole_piece(10s, kB, kA, 1);
  stage.tells(11s, kA, kC, have, 1);
  stage.sent_late(11s, 19s, kA, kD, have, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(HaveFollowsVerificationTest, IsViolatedByAHaveForAPieceThatIsNotThere) {
  stage.received(10s, kB, kA, piece, 1, 0);
  stage.received(10s, kB, kA, piece, 1, 1, Authentic::no);
  stage.tells(11s, kA, kC, have, 1);
  EXPECT_EQ(stage.conclude(60s).summary, "a announces piece 1 to c, and cannot have it");
}

TEST_F(HaveFollowsVerificationTest, WhoLeavesOrHasThePieceNeedNotBeTold) {
  stage.whole_piece(10s, kB, kA, 1);
  stage.tells(11s, kC, kA, have, 1);
  stage.ended(kD, kA, 12s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(HaveFollowsVerificationTest, APathThatIsCutExcuses) {
  stage.whole_piece(9s, kB, kA, 0);
  stage.tells(9s, kA, kC, have, 0);
  stage.sent(9s, kA, kD, have, 0);   // never arrives
  stage.whole_piece(10s, kB, kA, 1);
  stage.tells(11s, kA, kC, have, 1);
  EXPECT_NE(stage.conclude(60s).verdict, Verdict::violated);
}

TEST_F(HaveFollowsVerificationTest, WhatIsThereWhenAConnectionBeginsBelongsIntoTheBitfield) {
  stage.ended(kD, kA, 9s);
  stage.whole_piece(10s, kB, kA, 1);
  stage.tells(11s, kA, kC, have, 1);
  stage.open(kD, 20s);
  stage.shake_hands(20s, kA, kD, true);
  stage.bitfield(20s, kA, kD, "40");
  EXPECT_EQ(stage.conclude(200s).verdict, Verdict::held);

  Stage silent;
  silent.facts.peers[3].has_at_start.reset_all();
  silent.begin("have_follows_verification", who({kB}));
  EXPECT_EQ(silent.conclude(200s).verdict, Verdict::violated) << "b has everything, and a is never told";
  Stage checking;
  checking.begin("have_follows_verification", who({kB}));
  EXPECT_EQ(checking.conclude(60s).verdict, Verdict::vacuous) << "it may still look through its disk";
}

}  // namespace
}  // namespace swarmlab::swarmsim
