#include "swarmsim/checks/interest_is_true.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

class InterestIsTrueTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("interest_is_true", who({kA})); }
  // a gets all four pieces, the last one at `end`.
  void complete(Duration end) {
    for (int piece = 0; piece < 4; ++piece) stage.whole_piece(piece < 3 ? end - 1s : end, kD, kA, piece);
  }
  Stage stage;
};

TEST_F(InterestIsTrueTest, HoldsWhereInterestFollowsWhatIsTold) {
  stage.received(1s, kB, kA, have, 2);
  stage.sent(2s, kA, kB, interested);
  stage.whole_piece(30s, kB, kA, 2);
  stage.sent(31s, kA, kB, not_interested);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "slowest Interested after 1 s, of 1; up to 1 s of needless interest");
}

TEST_F(InterestIsTrueTest, IsViolatedBySilence) {
  stage.received(1s, kB, kA, have_all);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a is not interested in b for 59 s, which has pieces that a lacks (limit 5 s)");
}

TEST_F(InterestIsTrueTest, IsViolatedByInterestThatComesTooLate) {
  stage.received(1s, kB, kA, have, 2);
  stage.sent(8s, kA, kB, interested);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("a is not interested in b for 7 s"));
}

TEST_F(InterestIsTrueTest, IsViolatedByInterestWithdrawnWithoutCause) {
  stage.received(1s, kB, kA, have_all);
  stage.sent(1s, kA, kB, interested);
  stage.sent(20s, kA, kB, not_interested);   // as clients did after many cancels
  stage.sent(27s, kA, kB, interested);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("for 7 s"));
}

TEST_F(InterestIsTrueTest, DoesNotCountFromADecisionThatNewsOvertook) {
  stage.received(1s, kB, kA, have, 2);
  stage.sent(1s, kA, kB, interested);
  stage.whole_piece(10s, kB, kA, 2);
  stage.received(17s, kB, kA, have, 3);   // while what was decided at 10 s still waits behind blocks
  stage.sent_late(10s, 18s, kA, kB, not_interested);
  stage.sent_late(17s, 18s, kA, kB, interested);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(InterestIsTrueTest, IsViolatedBySilenceAboutNewsThatOvertookADecision) {
  stage.received(1s, kB, kA, have, 2);
  stage.sent(1s, kA, kB, interested);
  stage.whole_piece(10s, kB, kA, 2);
  stage.received(17s, kB, kA, have, 3);
  stage.sent_late(10s, 18s, kA, kB, not_interested);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("a is not interested in b for 43 s"));
}

TEST_F(InterestIsTrueTest, AllowsToStayInterestedForAWhile) {
  stage.received(1s, kB, kA, have, 2);
  stage.sent(1s, kA, kB, interested);
  stage.whole_piece(10s, kB, kA, 2);
  stage.sent(40s, kA, kB, not_interested);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_THAT(judgement.measured, HasSubstr("up to 30 s of needless interest"));
}

TEST_F(InterestIsTrueTest, IsViolatedByInterestThatOutlastsTheLastPiece) {
  stage.received(1s, kB, kA, have, 2);
  stage.sent(1s, kA, kB, interested);
  complete(20s);
  EXPECT_FALSE(stage.is_ready(22s));
  EXPECT_FALSE(stage.is_ready(45s));
  EXPECT_TRUE(stage.is_ready(46s));
  EXPECT_EQ(stage.conclude(60s).summary, "a has everything and is still interested in b after 40 s (limit 15 s)");
}

TEST_F(InterestIsTrueTest, AllowsToTakeBackTheLastInterestWithinARound) {
  stage.received(1s, kB, kA, have, 2);
  stage.sent(1s, kA, kB, interested);
  complete(20s);
  stage.sent(34s, kA, kB, not_interested);
  EXPECT_EQ(stage.conclude(90s).verdict, Verdict::held);
}

TEST_F(InterestIsTrueTest, DoesNotTakeForDoneWhoStillAsks) {
  stage.received(1s, kB, kA, have, 2);
  stage.sent(1s, kA, kB, interested);
  complete(20s);                        // pushed on it, and thrown away
  stage.sent(21s, kA, kB, request, 2);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(InterestIsTrueTest, ExcusesWhoShunsASourceOfFalsePieces) {
  stage.received(1s, kB, kA, have_all);
  stage.sent(1s, kA, kB, interested);
  stage.whole_piece(10s, kB, kA, 0, Authentic::no);
  stage.sent(10s, kA, kB, not_interested);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(InterestIsTrueTest, IsVacuousWhereNobodyHasAnythingNew) {
  stage.received(1s, kB, kA, have_none);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
