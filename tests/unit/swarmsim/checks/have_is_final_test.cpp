#include "swarmsim/checks/have_is_final.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

class HaveIsFinalTest : public ::testing::Test {
 protected:
  void begin() {
    stage.begin("have_is_final", who({kA}));
    stage.sent(5s, kA, kC, have, 1);
  }
  Stage stage;
};

TEST_F(HaveIsFinalTest, HoldsWhenOnlyOtherPiecesAreAskedFor) {
  begin();
  stage.sent(6s, kA, kB, request, 2);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 1 requests after an announcement");
}

TEST_F(HaveIsFinalTest, IsViolatedByARequestForAnAnnouncedPiece) {
  begin();
  stage.sent(9s, kA, kB, request, 1, 1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a asks b for a block of piece 1, which it announced 4 s before");
}

TEST_F(HaveIsFinalTest, ARequestThatWaitedBehindOtherDataIsNone) {
  begin();
  stage.sent_late(4s, 9s, kA, kB, request, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(HaveIsFinalTest, WhoIsStartedAgainHasWhatItsDiskHolds) {
  begin();
  stage.sent(6s, kA, kB, request, 2);
  stage.joined(kA, 7s);
  stage.sent(9s, kA, kB, request, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(HaveIsFinalTest, ALossThatTheScenarioStatesIsAnExcuseAndAFailedWriteIsNone) {
  stage.facts.peers[0].storage = {{.begin = kStart + 6s, .end = kStart + 7s, .lies = true}};
  begin();
  stage.sent(9s, kA, kB, request, 1);
  const Judgement lost = stage.conclude(60s);
  EXPECT_EQ(lost.verdict, Verdict::held);
  EXPECT_EQ(lost.measured, "0 of 1 requests after an announcement (1 could not be judged)");
  Stage full;
  full.facts.peers[0].storage = {{.begin = kStart + 6s, .end = kStart + 7s, .refuses_writes = true}};
  full.begin("have_is_final", who({kA}));
  full.sent(5s, kA, kC, have, 1);
  full.sent(9s, kA, kB, request, 1);
  EXPECT_EQ(full.conclude(60s).verdict, Verdict::violated);
}

TEST_F(HaveIsFinalTest, WhatWasTakenBackMayBeFetchedAgain) {
  begin();
  stage.extended(6s, kA, kC, "1400000001");
  stage.sent(9s, kA, kB, request, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(HaveIsFinalTest, IsVacuousWhenNothingIsAskedForAfterTheFirstHave) {
  begin();
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
