#include "swarmsim/checks/keepalive.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

class KeepaliveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("keepalive", who({kA}));
    stage.tells(1s, kA, kB, interested);
  }
  Stage stage;
};

TEST_F(KeepaliveTest, HoldsWhenSomethingIsSaidEveryTwoMinutes) {
  stage.tells(115s, kA, kB, keep_alive);
  stage.ended(kA, kB, 220s);
  const Judgement judgement = stage.conclude(600s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "longest silence 1 min 54 s, 1 keep-alives");
}

TEST_F(KeepaliveTest, IsViolatedBySilenceUntilTheEndOfTheRun) {
  const Judgement judgement = stage.conclude(300s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a says nothing to b for 4 min 59 s and keeps the connection (limit 2 min 10 s)");
}

TEST_F(KeepaliveTest, IsViolatedWhenTheOtherSideHangsUpAtLast) {
  stage.ended(kB, kA, 200s);
  EXPECT_EQ(stage.conclude(600s).verdict, Verdict::violated);
}

TEST_F(KeepaliveTest, WhoHangsUpItselfDidNotKeepIt) {
  stage.tells(100s, kA, kB, keep_alive);
  stage.ended(kA, kB, 300s);
  EXPECT_EQ(stage.conclude(600s).verdict, Verdict::held);
}

TEST_F(KeepaliveTest, WhatDoesNotGetThroughExcuses) {
  stage.tells(100s, kA, kB, keep_alive);
  stage.sent(101s, kA, kB, have, 1);
  EXPECT_EQ(stage.conclude(600s).verdict, Verdict::held);
}

TEST_F(KeepaliveTest, ALongerIntervalMayBeDeclaredAndAStoppedPeerIsSilent) {
  Stage slow;
  slow.facts.peers[0].keepalive_interval = 300s;
  slow.begin("keepalive", who({kA}));
  slow.tells(1s, kA, kB, interested);
  EXPECT_EQ(slow.conclude(300s).verdict, Verdict::held);
  stage.tells(90s, kA, kB, keep_alive);
  stage.stopped(kA, 95s);
  EXPECT_EQ(stage.conclude(600s).verdict, Verdict::held);
}

TEST_F(KeepaliveTest, IsVacuousWhenNothingIsQuietForAMinute) {
  EXPECT_EQ(stage.conclude(50s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
