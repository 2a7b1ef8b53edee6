#include "swarmsim/checks/no_request_while_choked.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

class NoRequestWhileChokedTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("no_request_while_choked", who({kA})); }
  Stage stage;
};

TEST_F(NoRequestWhileChokedTest, HoldsForRequestsWhileUnchoked) {
  stage.received(1s, kB, kA, unchoke);
  stage.sent(1s, kA, kB, request);
  stage.sent(2s, kA, kB, request);
  const Judgement judgement = stage.conclude(3s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 2 requests");
}

TEST_F(NoRequestWhileChokedTest, IsViolatedBeforeTheFirstUnchoke) {
  stage.sent(1s, kA, kB, request);
  const Judgement judgement = stage.conclude(3s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a requests from b, which never unchoked it");
}

TEST_F(NoRequestWhileChokedTest, IsViolatedAfterAChokeAndTellsTheStory) {
  stage.received(1s, kB, kA, unchoke);
  stage.received(2s, kB, kA, choke);
  stage.sent(5s, kA, kB, request, 3, 1);
  const Judgement judgement = stage.conclude(6s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a requests from b 3 s after it was choked");
  ASSERT_EQ(judgement.story.size(), 4u);
  EXPECT_EQ(judgement.story[0], "00:02.000  b -> a  CHOKE received");
  EXPECT_EQ(judgement.story[1], "00:05.000  a -> b  REQUEST piece 3, begin 16384, length 16 KiB decided");
}

TEST_F(NoRequestWhileChokedTest, WhatWaitedInTheSendBufferIsNeverAViolation) {
  stage.received(1s, kB, kA, unchoke);
  stage.received(2s, kB, kA, choke);
  stage.sent_late(2s, 5s, kA, kB, request);   // decided in the instant in which the Choke came
  stage.received(6s, kB, kA, unchoke);
  stage.received(7s, kB, kA, choke);
  stage.sent_late(6500ms, 9s, kA, kB, request);
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::held);
}

TEST_F(NoRequestWhileChokedTest, LooksAtTheStateWhenItWasDecidedNotWhenItWasSent) {
  stage.received(1s, kB, kA, unchoke);
  stage.received(2s, kB, kA, choke);
  stage.received(4s, kB, kA, unchoke);
  stage.sent_late(3s, 5s, kA, kB, request);
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::violated);
}

TEST_F(NoRequestWhileChokedTest, AllowedFastPiecesAreExcepted) {
  stage.received(1s, kB, kA, allowed_fast, 2);
  stage.sent(2s, kA, kB, request, 2);
  EXPECT_EQ(stage.conclude(3s).verdict, Verdict::held);
  stage.sent(2s, kA, kB, request, 1);
  EXPECT_EQ(stage.conclude(3s).verdict, Verdict::violated);
}

TEST_F(NoRequestWhileChokedTest, OneUnchokeDoesNotSpeakForAnotherPeer) {
  stage.received(1s, kC, kA, unchoke);
  stage.sent(2s, kA, kB, request);
  EXPECT_EQ(stage.conclude(3s).verdict, Verdict::violated);
}

TEST_F(NoRequestWhileChokedTest, IsVacuousWhenNobodyRequests) {
  stage.received(1s, kB, kA, unchoke);
  EXPECT_EQ(stage.conclude(3s).verdict, Verdict::vacuous);
}

TEST_F(NoRequestWhileChokedTest, AClientHasItsDeclaredReactionTime) {
  Stage slow;
  slow.facts.peers[0].reaction_time = 50ms;
  slow.begin("no_request_while_choked", who({kA}));
  slow.received(1s, kB, kA, unchoke);
  slow.received(2s, kB, kA, choke);
  slow.sent(2040ms, kA, kB, request);
  EXPECT_EQ(slow.conclude(3s).verdict, Verdict::held);
  slow.sent(2060ms, kA, kB, request);
  EXPECT_EQ(slow.conclude(3s).verdict, Verdict::violated);
}

}  // namespace
}  // namespace swarmlab::swarmsim
