#include "swarmsim/checks/unrequested_is_ignored.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// a fetches piece 0 from b; c pushes.
class UnrequestedIsIgnoredTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("unrequested_is_ignored", who({kA})); }
  void fetch(Duration at, int block, Authentic authentic = Authentic::yes) {
    stage.sent(at, kA, kB, request, 0, block);
    stage.received(at + 1s, kB, kA, piece, 0, block, authentic);
  }
  void push(Duration at) { stage.received(at, kC, kA, piece, 0, 1, Authentic::no); }
  Stage stage;
};

TEST_F(UnrequestedIsIgnoredTest, HoldsWhereTruthIsFetchedOnce) {
  fetch(1s, 0);
  push(3s);
  fetch(4s, 1);
  const Judgement judgement = stage.conclude(9s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 false block pushed into pieces that were lacking; 0 true ones asked for again");
}

TEST_F(UnrequestedIsIgnoredTest, IsViolatedWhereATrueBlockIsFetchedAgain) {
  fetch(1s, 0);
  push(3s);
  fetch(4s, 0);
  const Judgement judgement = stage.conclude(9s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a fetches piece 0 again, into which c had pushed a block that nobody asked it for");
  EXPECT_THAT(judgement.story.front(), HasSubstr("c -> a  PIECE piece 0, begin 16384"));
}

TEST_F(UnrequestedIsIgnoredTest, IsViolatedWhereThePushedBlockReplacesATrueOne) {
  fetch(1s, 1);
  push(3s);
  fetch(4s, 0);
  fetch(6s, 1);
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::violated);
}

TEST_F(UnrequestedIsIgnoredTest, AllowsOtherReasonsToFetchAPieceAnew) {
  fetch(1s, 1);
  push(3s);        // block 0 is still lacking, so no hash can have failed
  fetch(4s, 1);
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::held);
}

TEST_F(UnrequestedIsIgnoredTest, AllowsItWhereARequestedBlockWasFalse) {
  fetch(1s, 0);
  push(3s);
  fetch(4s, 1, Authentic::no);
  fetch(6s, 0);
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::held);
}

TEST_F(UnrequestedIsIgnoredTest, ABlockThatCrossesItsCancelMayBeTaken) {
  fetch(1s, 0);
  stage.sent(2s, kA, kC, request, 0, 1);
  stage.sent(3s, kA, kC, cancel, 0, 1);
  push(4s);   // false, and the piece is fetched anew
  fetch(5s, 0);
  fetch(6s, 1);
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::vacuous) << "it had been asked for";
}

TEST_F(UnrequestedIsIgnoredTest, WhatCameOnceWasAskedForOnce) {
  fetch(1s, 0);
  stage.sent(2s, kA, kC, request, 0, 1);
  stage.sent(3s, kA, kC, cancel, 0, 1);
  stage.received(4s, kC, kA, reject, 0, 1);
  push(5s);
  fetch(6s, 0);
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::violated);
}

TEST_F(UnrequestedIsIgnoredTest, AllowsSecondRequestsBeforeTheBlockCame) {
  push(1s);
  stage.sent(2s, kA, kB, request, 0, 0);
  stage.received(4s, kB, kA, piece, 0, 0);
  stage.sent_late(3s, 5s, kA, kD, request, 0, 0);   // end-game; decided before
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::held);
}

TEST_F(UnrequestedIsIgnoredTest, IsVacuousWhereNothingWasPushed) {
  fetch(1s, 0);
  fetch(3s, 1);
  push(5s);   // of a piece that is there already
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
