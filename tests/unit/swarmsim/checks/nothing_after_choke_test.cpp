#include "swarmsim/checks/nothing_after_choke.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

class NothingAfterChokeTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("nothing_after_choke", who({kA})); }
  // b asks a for both blocks of piece 0.
  void ask() {
    stage.sent(1s, kA, kB, unchoke);
    stage.received(2s, kB, kA, request, 0, 0);
    stage.received(2s, kB, kA, request, 0, 1);
  }
  Stage stage;
};

TEST_F(NothingAfterChokeTest, HoldsWhereNothingFollowsTheChoke) {
  ask();
  stage.sent(3s, kA, kB, piece, 0, 0);
  stage.sent(4s, kA, kB, choke);
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 chokes over 1 open requests; 0 blocks after a choke, slowest answer 0 ns");
}

TEST_F(NothingAfterChokeTest, IsViolatedByABlockThatFollowsTheChoke) {
  ask();
  stage.sent(3s, kA, kB, choke);
  stage.sent(4s, kA, kB, piece, 0, 1);
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a sends a block after its Choke to b: piece 0, begin 16384");
  EXPECT_EQ(judgement.story.front(), "00:03.000  a -> b  CHOKE");
}

TEST_F(NothingAfterChokeTest, AllowsBlocksAgainAfterTheNextUnchoke) {
  ask();
  stage.sent(3s, kA, kB, choke);
  stage.sent(14s, kA, kB, unchoke);
  stage.received(15s, kB, kA, request, 0, 1);
  stage.sent(16s, kA, kB, piece, 0, 1);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::held);
}

TEST_F(NothingAfterChokeTest, WithFastAllowsOneAnswerToWhatCameBefore) {
  stage.speak_fast(kB);
  ask();
  stage.sent(3s, kA, kB, choke);
  stage.sent(4s, kA, kB, piece, 0, 0);
  stage.sent(5s, kA, kB, reject, 0, 1);
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 chokes over 2 open requests; 1 blocks after a choke, slowest answer 2 s");
}

TEST_F(NothingAfterChokeTest, WithFastIsViolatedByARequestThatNobodyAnswers) {
  stage.speak_fast(kB);
  ask();
  stage.sent(3s, kA, kB, choke);
  stage.sent(4s, kA, kB, reject, 0, 0);
  EXPECT_EQ(stage.conclude(30s).summary,
            "a never answers a request that was open at its Choke to b: piece 0, begin 16384");
}

TEST_F(NothingAfterChokeTest, WithFastIsViolatedByServingWhatCameAfterTheChoke) {
  stage.speak_fast(kB);
  ask();
  stage.sent(3s, kA, kB, choke);
  stage.sent(3s, kA, kB, reject, 0, 0);
  stage.sent(3s, kA, kB, reject, 0, 1);
  stage.received(4s, kB, kA, request, 1, 0);
  stage.sent(5s, kA, kB, piece, 1, 0);
  EXPECT_EQ(stage.conclude(30s).summary, "a serves a request that came after its Choke to b: piece 1, begin 0");
}

TEST_F(NothingAfterChokeTest, WithFastServesAllowedPiecesAtAllTimes) {
  stage.speak_fast(kB);
  stage.sent(1s, kA, kB, allowed_fast, 0);
  ask();
  stage.sent(3s, kA, kB, choke);
  stage.received(4s, kB, kA, request, 0, 0);
  stage.sent(20s, kA, kB, piece, 0, 0);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::held);
}

TEST_F(NothingAfterChokeTest, ExcusesAnswersThatTheEndOfTheConnectionCutOff) {
  stage.speak_fast(kB);
  ask();
  stage.sent(3s, kA, kB, choke);
  stage.ended(kB, kA, 10s);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::held);
}

TEST_F(NothingAfterChokeTest, IsVacuousWhereNobodyIsChokedWithRequestsOpen) {
  ask();
  stage.sent(3s, kA, kB, piece, 0, 0);
  stage.sent(3s, kA, kB, piece, 0, 1);
  stage.sent(4s, kA, kB, choke);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
