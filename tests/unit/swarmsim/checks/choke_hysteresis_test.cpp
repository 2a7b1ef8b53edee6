#include "swarmsim/checks/choke_hysteresis.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

class ChokeHysteresisTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("choke_hysteresis", who({kA})); }
  Stage stage;
};

TEST_F(ChokeHysteresisTest, HoldsWhereThreeChangesTakeARound) {
  stage.sent(9s, kA, kB, unchoke);
  stage.sent(10s, kA, kB, choke);
  stage.sent(20s, kA, kB, unchoke);
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "three changes in 11 s at the shortest, of 1");
  EXPECT_EQ(judgement.limit, "2 changes in 10 s");
}

TEST_F(ChokeHysteresisTest, IsViolatedByThreeChangesWithinARound) {
  stage.sent(9s, kA, kB, unchoke);
  stage.sent(10s, kA, kB, choke);
  stage.sent(11s, kA, kB, unchoke);
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a changed its mind about b three times in 2 s (limit: twice in 10 s)");
  EXPECT_EQ(judgement.story[2], "00:11.000  a -> b  UNCHOKE");
}

TEST_F(ChokeHysteresisTest, CountsTheTimesOfDecisionNotThoseOfSending) {
  stage.sent(0s, kA, kB, unchoke);
  stage.sent_late(10s, 19s, kA, kB, choke);   // waited behind data
  stage.sent_late(20s, 20s, kA, kB, unchoke);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::held);
}

TEST_F(ChokeHysteresisTest, ExcusesWhoFollowsThePeersOwnChangesOfMind) {
  stage.sent(9s, kA, kB, unchoke);
  stage.received(10s, kB, kA, not_interested);
  stage.sent(10s, kA, kB, choke);
  stage.received(11s, kB, kA, interested);
  stage.sent(11s, kA, kB, unchoke);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::vacuous);
}

TEST_F(ChokeHysteresisTest, AddsNothingUpAcrossANotInterestedThatOvertookTheChanges) {
  stage.received(10s, kB, kA, not_interested);
  stage.sent_late(8s, 11s, kA, kB, unchoke);   // waited behind data
  stage.sent_late(9s, 11s, kA, kB, choke);
  stage.sent(12s, kA, kB, unchoke);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::vacuous);
}

TEST_F(ChokeHysteresisTest, ExcusesTheLastChokeOfAClientThatIsStopped) {
  stage.sent(9s, kA, kB, unchoke);
  stage.sent(10s, kA, kB, choke);
  stage.stopped(kA, 11s);
  stage.sent(11s, kA, kB, unchoke);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::vacuous);
}

TEST_F(ChokeHysteresisTest, IsVacuousWhereNobodyChangesThreeTimes) {
  stage.sent(1s, kA, kB, unchoke);
  stage.sent(2s, kA, kB, choke);
  stage.sent(1s, kA, kC, unchoke);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
