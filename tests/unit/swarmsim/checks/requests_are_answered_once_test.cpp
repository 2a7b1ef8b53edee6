#include "swarmsim/checks/requests_are_answered_once.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// b asks a for two blocks.
class RequestsAreAnsweredOnceTest : public ::testing::Test {
 protected:
  void SetUp() override { begin(stage, true); }
  static void begin(Stage& stage, bool fast) {
    stage.begin("requests_are_answered_once", who({kA}));
    stage.shake_hands(0s, kA, kB, fast);
    for (const int block : {0, 1}) stage.received(1s, kB, kA, request, 2, block);
  }
  void answers(Duration at, MessageKind kind, int block) {
    stage.sent(at, kA, kB, kind, 2, block);
    stage.received(at, kA, kB, kind, 2, block);
  }
  Stage stage;
};

TEST_F(RequestsAreAnsweredOnceTest, HoldsForAPieceOrARejectEachCancelOrNot) {
  stage.received(2s, kB, kA, cancel, 2, 1);
  answers(3s, piece, 0);
  answers(3s, reject, 1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "2 requests: 1 with a block, 1 rejected, 0 wrong; 1 had been cancelled");
}

TEST_F(RequestsAreAnsweredOnceTest, IsViolatedWhenACancelledRequestGetsNone) {
  stage.received(2s, kB, kA, cancel, 2, 1);
  answers(3s, piece, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a leaves a request of b without an answer (limit 30 s)");
  EXPECT_THAT(judgement.story[1], HasSubstr("a Cancel wants an answer too"));
}

TEST_F(RequestsAreAnsweredOnceTest, IsViolatedByTwoAnswersAndByOnesNobodyAskedFor) {
  answers(3s, reject, 0);
  answers(4s, piece, 0);
  EXPECT_THAT(stage.conclude(5s).summary, HasSubstr("a sends piece 2, begin 0 to b, which did not ask, or has its answer already"));
  Stage unasked;
  begin(unasked, true);
  unasked.sent(3s, kA, kB, reject, 1, 0);
  EXPECT_THAT(unasked.conclude(5s).summary, HasSubstr("a rejects piece 1"));
}

TEST_F(RequestsAreAnsweredOnceTest, IsViolatedWhenOneIsPassedOverAgainAndAgain) {
  for (int i = 0; i < 20; ++i) {
    answers(Duration(2s) * (i + 1), piece, 1);
    stage.received(Duration(2s) * (i + 1), kB, kA, request, 2, 1);
  }
  EXPECT_THAT(stage.conclude(41s).story[1], HasSubstr("one that came later has its answer"));
}

TEST_F(RequestsAreAnsweredOnceTest, SlowAnswersAreNotMissing) {
  answers(25s, piece, 0);
  answers(50s, piece, 1);
  EXPECT_EQ(stage.conclude(90s).verdict, Verdict::held);
}

TEST_F(RequestsAreAnsweredOnceTest, APathThatIsCutStopsTheClock) {
  stage.sent(3s, kA, kB, piece, 2, 0);   // never arrives
  EXPECT_EQ(stage.conclude(90s).verdict, Verdict::held);
}

TEST_F(RequestsAreAnsweredOnceTest, IsVacuousWithoutFast) {
  Stage plain;
  begin(plain, false);
  EXPECT_EQ(plain.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
