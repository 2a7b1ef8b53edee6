#include "swarmsim/checks/no_request_for_owned_block.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

class NoRequestForOwnedBlockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("no_request_for_owned_block", who({kA}));
    stage.sent(1s, kA, kB, request, 3, 0);
    stage.received(5s, kB, kA, piece, 3, 0);
  }
  Stage stage;
};

TEST_F(NoRequestForOwnedBlockTest, HoldsForBlocksThatHaveNotArrived) {
  stage.sent(6s, kA, kC, request, 3, 1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 2 requests");
}

TEST_F(NoRequestForOwnedBlockTest, IsViolatedByABlockThatHas) {
  stage.sent(6s, kA, kC, request, 3, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a asks c for piece 3, begin 0, which it has got already");
  EXPECT_EQ(judgement.story[0], "00:05.000  b -> a  PIECE piece 3, begin 0, length 16 KiB received");
}

TEST_F(NoRequestForOwnedBlockTest, IsViolatedByABlockOfAWholePiece) {
  stage.received(5s, kB, kA, piece, 3, 1);
  stage.sent(6s, kA, kC, request, 3, 0);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("which it has got already"));
}

TEST_F(NoRequestForOwnedBlockTest, WhatWasDecidedBeforeTheArrivalIsNoFault) {
  stage.sent_late(4s, 6s, kA, kC, request, 3, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(NoRequestForOwnedBlockTest, AFailedPieceMayBeFetchedAgain) {
  stage.received(5s, kB, kA, piece, 3, 1, Authentic::no);
  stage.sent(6s, kA, kC, request, 3, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(NoRequestForOwnedBlockTest, WhoMetALiarMayMistrustWhatIsNotWhole) {
  stage.received(5s, kB, kA, piece, 2, 1, Authentic::no);
  stage.sent(6s, kA, kC, request, 3, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_THAT(judgement.measured, HasSubstr("(1 could not be judged)"));
}

TEST_F(NoRequestForOwnedBlockTest, IsVacuousWithoutRequests) {
  Stage silent;
  silent.begin("no_request_for_owned_block", who({kA}));
  EXPECT_EQ(silent.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(NoRequestForOwnedBlockTest, AClientHasItsDeclaredReactionTime) {
  stage.facts.peers[0].reaction_time = 50ms;
  stage.sent(5040ms, kA, kC, request, 3, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
  stage.sent(5060ms, kA, kC, request, 3, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::violated);
}

}  // namespace
}  // namespace swarmlab::swarmsim
