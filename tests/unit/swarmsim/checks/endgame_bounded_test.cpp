#include "swarmsim/checks/endgame_bounded.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

class EndgameBoundedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("endgame_bounded", who({kA}));
    stage.sent(1s, kA, kB, request, 3, 1);
    stage.sent(2s, kA, kC, request, 3, 1);
  }
  Stage stage;
};

TEST_F(EndgameBoundedTest, HoldsWhenTheOtherGetsACancelInTime) {
  stage.received(5s, kC, kA, piece, 3, 1);
  stage.sent(5500ms, kA, kB, cancel, 3, 1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 duplicate; up to 2 asked at once, slowest Cancel after 500 ms");
}

TEST_F(EndgameBoundedTest, IsViolatedWhenItNeverDoes) {
  stage.received(5s, kC, kA, piece, 3, 1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_THAT(judgement.summary, HasSubstr("a got piece 3, begin 16384 and never cancels its request at b"));
  EXPECT_EQ(judgement.measured, "1 duplicate; up to 2 asked at once, no Cancel");
  EXPECT_EQ(judgement.story[1], "00:05.000  c -> a  PIECE piece 3, begin 16384 received");
}

TEST_F(EndgameBoundedTest, IsViolatedByACancelThatIsDecidedTooLate) {
  stage.received(5s, kC, kA, piece, 3, 1);
  stage.sent(8s, kA, kB, cancel, 3, 1);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("cancels only after 3 s"));
}

TEST_F(EndgameBoundedTest, ACancelMayWaitToBeSent) {
  stage.received(5s, kC, kA, piece, 3, 1);
  stage.sent_late(5s, 9s, kA, kB, cancel, 3, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(EndgameBoundedTest, TheOthersAnswerItsChokeOrItsEndAreAsGood) {
  stage.received(5s, kC, kA, piece, 3, 1);
  stage.received(5100ms, kB, kA, piece, 3, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
  for (const bool by_choke : {true, false}) {
    Stage other;
    other.begin("endgame_bounded", who({kA}));
    other.sent(1s, kA, kB, request, 3, 1);
    other.sent(2s, kA, kC, request, 3, 1);
    other.received(5s, kC, kA, piece, 3, 1);
    if (by_choke) other.received(5100ms, kB, kA, choke);
    else other.ended(kB, kA, 5100ms);
    EXPECT_EQ(other.conclude(60s).verdict, Verdict::held);
  }
}

TEST_F(EndgameBoundedTest, WhatComesAfterTheLimitDoesNotExcuseTheMissingCancel) {
  stage.received(5s, kC, kA, piece, 3, 1);
  stage.received(6500ms, kB, kA, piece, 3, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::violated);
}

TEST_F(EndgameBoundedTest, TheEndOfTheConnectionExcusesForAWhile) {
  for (const auto& [at, verdict] : {std::pair{6500ms, Verdict::held}, std::pair{7500ms, Verdict::violated}}) {
    Stage other;
    other.begin("endgame_bounded", who({kA}));
    other.sent(1s, kA, kB, request, 3, 1);
    other.sent(2s, kA, kC, request, 3, 1);
    other.received(5s, kC, kA, piece, 3, 1);
    other.ended(kA, kB, at);
    EXPECT_EQ(other.conclude(60s).verdict, verdict);
  }
}

TEST_F(EndgameBoundedTest, IsVacuousWithoutDuplicates) {
  stage.received(3s, kB, kA, choke);
  stage.received(5s, kC, kA, piece, 3, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(EndgameBoundedTest, SaysNothingOfDutiesTheEndOfTheRunCameTooSoonFor) {
  stage.received(5s, kC, kA, piece, 3, 1);
  EXPECT_NE(stage.conclude(6s).verdict, Verdict::violated);
}

}  // namespace
}  // namespace swarmlab::swarmsim
