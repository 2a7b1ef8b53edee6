#include "swarmsim/checks/pipeline_refills.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// b has all four pieces.
class PipelineRefillsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("pipeline_refills", who({kA}));
    stage.tells(1s, kB, kA, have_all);
  }
  void time_passes(Duration from, Duration to) {
    for (Duration at = from; at < to; at += 250ms) stage.received(at, kD, kA, have, 0);
  }
  Stage stage;
};

TEST_F(PipelineRefillsTest, HoldsWhenEveryUnchokeAndAnswerIsFollowedByARequest) {
  stage.tells(2s, kB, kA, unchoke);
  stage.sent(2500ms, kA, kB, request, 0, 0);
  stage.received(4s, kB, kA, piece, 0, 0);
  stage.sent(4s, kA, kB, request, 0, 1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "2 empty pipelines refilled, 0 left empty; slowest after 500 ms");
}

TEST_F(PipelineRefillsTest, IsViolatedWhenNothingFollowsTheLastReject) {
  stage.tells(2s, kB, kA, unchoke);
  stage.sent(2s, kA, kB, request, 0, 0);
  stage.received(4s, kB, kA, reject, 0, 0);
  time_passes(4s, 20s);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a asks b for nothing, though it may and needs what b has (limit 1 s)");
  EXPECT_EQ(judgement.story[0], "00:04.000  b -> a  REJECT received; no request is open now");
}

TEST_F(PipelineRefillsTest, IsViolatedByARequestThatIsDecidedTooLate) {
  stage.tells(2s, kB, kA, unchoke);
  time_passes(2s, 8s);
  stage.sent(8s, kA, kB, request, 0, 0);
  time_passes(9s, 25s);
  EXPECT_THAT(stage.conclude(60s).story[2], HasSubstr("only now the next REQUEST to it is decided"));
}

TEST_F(PipelineRefillsTest, SilenceOfTheWholeSwarmHidesNoLateRequest) {
  stage.tells(2s, kB, kA, unchoke);
  stage.sent(8s, kA, kB, request, 0, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::violated);
}

TEST_F(PipelineRefillsTest, FurtherRequestsToTheSamePeerDoNotExcuseALateOne) {
  stage.tells(2s, kB, kA, unchoke);
  time_passes(2s, 8s);
  stage.sent(8s, kA, kB, request, 0, 0);
  stage.sent(8s, kA, kB, request, 0, 1);
  time_passes(9s, 25s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::violated);
}

TEST_F(PipelineRefillsTest, ARequestMayWaitToBeSent) {
  stage.tells(2s, kB, kA, unchoke);
  time_passes(2s, 8s);
  stage.sent_late(2s, 8s, kA, kB, request, 0, 0);
  time_passes(9s, 25s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(PipelineRefillsTest, WhatShowsToBeAskedForElsewhereBeforeExcuses) {
  stage.tells(2s, kC, kA, have_all);
  stage.tells(2s, kC, kA, unchoke);
  stage.sent(2s, kA, kC, request, 1, 0);
  for (const int piece : {0, 2, 3}) {
    for (const int block : {0, 1}) stage.sent(2s, kA, kD, request, piece, block);
    stage.whole_piece(2s, kD, kA, piece);
  }
  stage.tells(3s, kB, kA, unchoke);
  time_passes(3s, 9s);
  stage.sent_late(2s, 9s, kA, kC, request, 1, 1);
  time_passes(10s, 30s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(PipelineRefillsTest, WhoNeedsNothingOrIsChokedNeedNotAsk) {
  for (const int piece : {0, 1, 2, 3}) stage.whole_piece(1s, kD, kA, piece);
  stage.tells(2s, kB, kA, unchoke);
  time_passes(2s, 20s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
  Stage choked;
  choked.begin("pipeline_refills", who({kA}));
  choked.tells(1s, kB, kA, have_all);
  choked.tells(2s, kB, kA, unchoke);
  choked.tells(2500ms, kB, kA, choke);
  choked.received(20s, kD, kA, have, 0);
  EXPECT_EQ(choked.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
