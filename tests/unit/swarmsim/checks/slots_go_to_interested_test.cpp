#include "swarmsim/checks/slots_go_to_interested.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

class SlotsGoToInterestedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.facts.peers[0].upload_slots = 1;
    stage.begin("slots_go_to_interested", who({kA}));
  }
  Stage stage;
};

TEST_F(SlotsGoToInterestedTest, HoldsWhereTheSlotMovesOnAtTheNextRound) {
  stage.received(1s, kB, kA, interested);
  stage.sent(1s, kA, kB, unchoke);
  stage.received(2s, kC, kA, interested);
  stage.received(15s, kB, kA, not_interested);
  stage.sent(20s, kA, kB, choke);
  stage.sent(20s, kA, kC, unchoke);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "longest wait for a wasted slot 5 s; demand beside idle peers for 18 s");
}

TEST_F(SlotsGoToInterestedTest, IsViolatedByASlotThatStaysWithAPeerThatWantsNothing) {
  stage.sent(1s, kA, kB, unchoke);
  stage.received(5s, kC, kA, interested);
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a keeps b unchoked, which wants nothing, while c waits for a slot: 25 s (limit 11 s)");
  EXPECT_EQ(judgement.story[0], "00:00.000  b is connected to a and never says it is interested");
  EXPECT_EQ(judgement.story[1], "00:01.000  a -> b  UNCHOKE");
}

TEST_F(SlotsGoToInterestedTest, AllowsSpareSlotsForPeersThatWantNothing) {
  stage.received(1s, kC, kA, interested);
  stage.sent(1s, kA, kC, unchoke);
  stage.sent(1s, kA, kB, unchoke);        // one more than the slots, and nobody lacks it
  stage.received(2s, kD, kA, interested);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(SlotsGoToInterestedTest, IsVacuousWhereNobodyWaited) {
  stage.sent(1s, kA, kB, unchoke);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
