#include "swarmsim/checks/failed_piece_refetched.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// Piece 2 comes false from b; c has it too.
class FailedPieceRefetchedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("failed_piece_refetched", who({kA}));
    for (const HostId other : {kB, kC}) {
      stage.tells(1s, other, kA, have_all);
      stage.tells(1s, other, kA, unchoke);
    }
  }
  // c owes a block since 2 s, and so much was asked of b.
  void c_falls_silent() {
    for (const int block : {0, 1}) stage.sent(2s, kA, kB, request, 2, block);
    stage.sent(2s, kA, kC, request, 1, 0);
    fails();
    stage.sent(16s, kA, kC, cancel, 1, 0);   // given up
    stage.sent(16s, kA, kC, request, 3, 0);
  }
  void fails() {
    stage.received(5s, kB, kA, piece, 2, 0);
    stage.received(5s, kB, kA, piece, 2, 1, Authentic::no);
  }
  Stage stage;
};

TEST_F(FailedPieceRefetchedTest, HoldsWhenAnyBlockOfItIsAskedForAgain) {
  fails();
  stage.sent(6s, kA, kC, request, 2, 1);
  stage.received(7s, kC, kA, piece, 2, 1);
  stage.sent(8s, kA, kB, have, 2);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << "a client may keep the true block";
  EXPECT_EQ(judgement.measured, "1 lost, 1 asked for again, 0 forgotten; slowest after 1 s");
}

TEST_F(FailedPieceRefetchedTest, IsViolatedWhenItIsForgotten) {
  fails();
  stage.sent(6s, kA, kC, request, 3, 0);
  stage.received(40s, kC, kA, have, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_THAT(judgement.summary, HasSubstr("a forgot piece 2, which c has and would serve"));
  EXPECT_EQ(judgement.story[0], "00:05.000  piece 2 is whole at a, and false");
}

TEST_F(FailedPieceRefetchedTest, WhoFellSilentIsTriedWithAnotherPieceAndIsNoSourceBeforeItsNextBlock) {
  c_falls_silent();
  stage.received(40s, kC, kA, have, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::vacuous);
  EXPECT_EQ(judgement.measured, "1 lost, 0 asked for again, 0 forgotten; slowest after 0 ns");
}

TEST_F(FailedPieceRefetchedTest, WhoDeliversAgainIsASourceLikeBefore) {
  c_falls_silent();
  stage.received(17s, kC, kA, piece, 3, 0);
  stage.received(40s, kC, kA, have, 0);
  stage.received(60s, kC, kA, have, 0);
  EXPECT_EQ(stage.conclude(80s).verdict, Verdict::violated);
}

TEST_F(FailedPieceRefetchedTest, IsViolatedByAHaveForIt) {
  fails();
  stage.sent(6s, kA, kC, have, 2);
  stage.sent(6s, kA, kC, request, 2, 1);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("a announces piece 2, which arrived false"));
}

TEST_F(FailedPieceRefetchedTest, IsVacuousWhenTheLiarIsTheOnlySource) {
  fails();
  stage.tells(6s, kC, kA, choke);
  stage.received(40s, kC, kA, have, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(FailedPieceRefetchedTest, IsVacuousWhenNothingFails) {
  stage.whole_piece(5s, kB, kA, 2);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
