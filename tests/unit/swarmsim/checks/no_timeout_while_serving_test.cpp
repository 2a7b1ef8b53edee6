#include "swarmsim/checks/no_timeout_while_serving.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

// a has everything and unchokes b, which lacks everything and has asked for two blocks.
class NoTimeoutWhileServingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.facts.peers[0].has_at_start.set_all();
    stage.facts.peers[1].has_at_start = protocol::Bitfield(4);
    stage.begin("no_timeout_while_serving", who({kA}));
    stage.tells(1s, kB, kA, interested);
    stage.tells(1s, kA, kB, unchoke);
    for (const int block : {0, 1}) stage.received(2s, kB, kA, request, 0, block);
  }
  void hang_up(Duration at) { stage.ended(kA, kB, at); }
  Stage stage;
};

TEST_F(NoTimeoutWhileServingTest, HoldsWhenItHangsUpOnlyAfterTheLastAnswer) {
  stage.tells(40s, kA, kB, piece, 0);
  stage.sent(50s, kA, kB, piece, 0, 1);
  hang_up(60s);
  const Judgement judgement = stage.conclude(80s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "2 blocks sent to peers that had asked for nothing for 30 s; 0 hung up on while owed");
}

TEST_F(NoTimeoutWhileServingTest, IsViolatedWhenItHangsUpWhileItOwes) {
  stage.tells(40s, kA, kB, piece, 0);
  hang_up(62s);
  const Judgement judgement = stage.conclude(80s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a hangs up on b, which waits for 1 block it asked for");
  EXPECT_EQ(judgement.story[1], "00:02.000  its last request");
}

TEST_F(NoTimeoutWhileServingTest, AChokeACancelOrLostInterestEndsTheDebt) {
  stage.received(30s, kB, kA, cancel, 0, 0);
  stage.received(31s, kB, kA, cancel, 0, 1);
  hang_up(62s);
  EXPECT_NE(stage.conclude(80s).verdict, Verdict::violated);
  for (const bool by_choke : {true, false}) {
    Stage other;
    other.facts = stage.facts;
    other.begin("no_timeout_while_serving", who({kA}));
    other.tells(1s, kB, kA, interested);
    other.tells(1s, kA, kB, unchoke);
    other.received(2s, kB, kA, request, 0, 0);
    if (by_choke) other.tells(40s, kA, kB, choke);
    else other.tells(40s, kB, kA, not_interested);
    other.ended(kA, kB, 62s);
    EXPECT_NE(other.conclude(80s).verdict, Verdict::violated);
  }
}

TEST_F(NoTimeoutWhileServingTest, WhoIsSilentForTwoMinutesMayBeGone) {
  stage.tells(40s, kA, kB, piece, 0);
  hang_up(123s);
  EXPECT_EQ(stage.conclude(150s).verdict, Verdict::held);
}

TEST_F(NoTimeoutWhileServingTest, AKeepaliveIsEnoughToBeAlive) {
  stage.tells(40s, kA, kB, piece, 0);
  stage.received(110s, kB, kA, keep_alive);
  hang_up(123s);
  EXPECT_EQ(stage.conclude(150s).verdict, Verdict::violated);
}

TEST_F(NoTimeoutWhileServingTest, WhoDoesNotReadOrTalksNonsenseMayBeDropped) {
  stage.sent(20s, kA, kB, piece, 0, 0);   // it never arrives
  hang_up(62s);
  EXPECT_NE(stage.conclude(80s).verdict, Verdict::violated);
  Stage other;
  other.facts = stage.facts;
  other.begin("no_timeout_while_serving", who({kA}));
  other.tells(1s, kB, kA, interested);
  other.tells(1s, kA, kB, unchoke);
  other.received(2s, kB, kA, request, 0, 0);
  other.received(3s, kB, kA, request, 9, 0);   // no such piece
  other.ended(kA, kB, 10s);
  EXPECT_NE(other.conclude(80s).verdict, Verdict::violated);
}

TEST_F(NoTimeoutWhileServingTest, WhatTheTimelineEndsIsNobodysFault) {
  stage.stopped(kB, 10s);
  hang_up(10s);
  EXPECT_NE(stage.conclude(80s).verdict, Verdict::violated);
}

TEST_F(NoTimeoutWhileServingTest, IsVacuousWhenNobodyWasServedForSoLong) {
  stage.tells(4s, kA, kB, piece, 0);
  EXPECT_EQ(stage.conclude(80s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
