#include "swarmsim/checks/idle_slots_released.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

// "a" has one slot, which "b" gets at 1 s; "c" waits for it from 2 s on.
class IdleSlotsReleasedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.facts.peers[0].upload_slots = 1;
    stage.begin("idle_slots_released", who({kA}));
    stage.received(1s, kB, kA, interested);
    stage.sent(1s, kA, kB, unchoke);
    stage.received(2s, kC, kA, interested);
  }
  void serve(Duration at, int block) {
    stage.received(at, kB, kA, request, block / 2, block % 2);
    stage.sent(at + 1s, kA, kB, piece, block / 2, block % 2);
  }
  Stage stage;
};

TEST_F(IdleSlotsReleasedTest, HoldsWhereASlotThatLiesStillMovesOnAtTheNextRound) {
  serve(10s, 0);                          // still from 11 s on
  stage.sent(80s, kA, kB, choke);
  stage.sent(80s, kA, kC, unchoke);
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "longest wait for a still slot 9 s; still slots taken back: 1");
  EXPECT_EQ(judgement.limit, "11 s");
}

TEST_F(IdleSlotsReleasedTest, IsViolatedByASlotThatLiesStillWhileSomebodyWaits) {
  serve(10s, 0);
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a keeps b unchoked, which asks for nothing, while c waits for a slot: 29 s (limit 11 s)");
  EXPECT_EQ(judgement.story[1], "00:11.000  from here on b asks a for nothing and gets nothing");
}

TEST_F(IdleSlotsReleasedTest, IsViolatedByAGapInTheMiddleOfATurn) {
  serve(10s, 0);
  serve(90s, 1);
  serve(130s, 2);
  EXPECT_EQ(stage.conclude(300s).story[1], "00:11.000  from here on b asks a for nothing and gets nothing");
}

TEST_F(IdleSlotsReleasedTest, AllowsALongTurnInWhichSomethingMovesNowAndThen) {
  for (int i = 0; i < 8; ++i) serve(10s + i * 50s, i);
  stage.sent(420s, kA, kB, choke);
  EXPECT_EQ(stage.conclude(430s).verdict, Verdict::vacuous) << "no slot lay still";
}

TEST_F(IdleSlotsReleasedTest, DoesNotJudgeWhoWaitsForAnswers) {
  stage.received(10s, kB, kA, request, 0, 0);   // the line is stuck, and a Choke would be stuck behind the block
  EXPECT_EQ(stage.conclude(200s).verdict, Verdict::vacuous);
}

TEST_F(IdleSlotsReleasedTest, OwesNothingToWhoHadASlotAndNeverAsked) {
  stage.sent(65s, kA, kB, choke);
  stage.sent(65s, kA, kC, unchoke);
  const Judgement judgement = stage.conclude(200s);   // c is still from 65 s on, but b is no better
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "longest wait for a still slot 4 s; still slots taken back: 1");
}

TEST_F(IdleSlotsReleasedTest, OwesASlotAgainToWhoBecameInterestedAnew) {
  stage.sent(65s, kA, kB, choke);
  stage.sent(65s, kA, kC, unchoke);
  stage.received(70s, kB, kA, not_interested);
  stage.received(90s, kB, kA, interested);
  const Judgement judgement = stage.conclude(200s);
  EXPECT_EQ(judgement.summary, "a keeps c unchoked, which asks for nothing, while b waits for a slot: 1 min 15 s (limit 11 s)");
}

TEST_F(IdleSlotsReleasedTest, IsVacuousWhereNobodyWaited) {
  stage.received(3s, kC, kA, not_interested);
  EXPECT_EQ(stage.conclude(200s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
