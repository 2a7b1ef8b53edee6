#include "swarmsim/checks/seed_serves_after_idle.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

// "a" comes to the seed "b" after ten minutes.
class SeedServesAfterIdleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("seed_serves_after_idle", who({kB}));
    stage.received(600s, kA, kB, interested);
  }
  Stage stage;
};

TEST_F(SeedServesAfterIdleTest, HoldsWhenTheFirstBlockComesWithinTwoRounds) {
  stage.sent(603s, kB, kA, unchoke);
  stage.received(604s, kA, kB, request);
  stage.sent(605s, kB, kA, piece);
  const Judgement judgement = stage.conclude(700s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 served, slowest first block after 5 s");
}

TEST_F(SeedServesAfterIdleTest, IsViolatedWhenItNeverUnchokes) {
  const Judgement judgement = stage.conclude(700s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "b sends a no block within 25 s of its Interested (nothing had been asked of it for 10 min)");
  EXPECT_EQ(judgement.story[1], "10:25.000  b has not unchoked it, though a slot is free");
}

TEST_F(SeedServesAfterIdleTest, IsViolatedWhenARequestIsNotAnswered) {
  stage.sent(603s, kB, kA, unchoke);
  stage.received(604s, kA, kB, request);
  const Judgement judgement = stage.conclude(700s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.story[2], "10:04.000  the first request of a arrives, and stays without answer");
}

TEST_F(SeedServesAfterIdleTest, WhoAsksForNothingLosesInterestOrLeavesIsOwedNothing) {
  stage.sent(603s, kB, kA, unchoke);
  EXPECT_EQ(stage.conclude(700s).verdict, Verdict::vacuous);
  Stage bored;
  bored.begin("seed_serves_after_idle", who({kB}));
  bored.received(600s, kA, kB, interested);
  bored.received(601s, kA, kB, not_interested);
  EXPECT_EQ(bored.conclude(700s).verdict, Verdict::vacuous);
  Stage gone;
  gone.begin("seed_serves_after_idle", who({kB}));
  gone.received(600s, kA, kB, interested);
  gone.ended(kA, kB, 601s);
  EXPECT_EQ(gone.conclude(700s).verdict, Verdict::vacuous);
}

TEST(SeedServesAfterIdle, IsNotAskedOfASeedWithoutAFreeSlot) {
  Stage stage;
  stage.facts.peers[1].upload_slots = 0;
  stage.begin("seed_serves_after_idle", who({kB}));
  stage.received(600s, kA, kB, interested);
  EXPECT_EQ(stage.conclude(700s).verdict, Verdict::vacuous);
}

TEST(SeedServesAfterIdle, IsVacuousWhenTheSeedWasNotIdle) {
  Stage stage;
  stage.begin("seed_serves_after_idle", who({kB}));
  stage.received(60s, kA, kB, interested);
  EXPECT_EQ(stage.conclude(700s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
