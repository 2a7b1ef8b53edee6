#include "swarmsim/checks/optimistic_tenure.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

// Two slots, one of them optimistic: b has earned the regular one, c and d give nothing.
class OptimisticTenureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.facts.peers[0].upload_slots = 2;
    stage.begin("optimistic_tenure", who({kA}));
    for (const HostId peer : {kB, kC, kD}) stage.received(1s, peer, kA, interested);
    stage.sent(1s, kA, kB, unchoke);
  }
  // b gives a block every five seconds, up to `end`.
  void trade(Duration end) {
    for (; now < end; now += 5s) stage.received(now, kB, kA, piece, 0, 0);
  }
  Stage stage;
  Duration now = 5s;
};

TEST_F(OptimisticTenureTest, HoldsWhereTheTurnLastsThreeRounds) {
  trade(20s);
  stage.sent(20s, kA, kC, unchoke);
  trade(50s);
  stage.sent(50s, kA, kC, choke);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "shortest optimistic turn 30 s, of 1");
  EXPECT_EQ(judgement.limit, "at least 19 s");
}

TEST_F(OptimisticTenureTest, IsViolatedByATurnOfOneRound) {
  trade(20s);
  stage.sent(20s, kA, kC, unchoke);
  trade(30s);
  stage.sent(30s, kA, kC, choke);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a takes the optimistic slot from c after 10 s (at least 19 s)");
}

TEST_F(OptimisticTenureTest, ExcusesAPeerThatLostInterest) {
  trade(20s);
  stage.sent(20s, kA, kC, unchoke);
  trade(30s);
  stage.received(29s, kC, kA, not_interested);
  stage.sent(30s, kA, kC, choke);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(OptimisticTenureTest, DoesNotJudgeASlotThatMayBeAnEarnedOne) {
  trade(20s);
  stage.sent(20s, kA, kC, unchoke);
  stage.received(24s, kC, kA, piece, 1, 0);
  trade(30s);
  stage.sent(30s, kA, kC, choke);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(OptimisticTenureTest, DoesNotJudgeAnAdditionalSlotThatNobodyHadEarned) {
  stage.sent(2s, kA, kC, unchoke);   // b has given nothing yet
  trade(12s);
  stage.sent(12s, kA, kC, choke);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
