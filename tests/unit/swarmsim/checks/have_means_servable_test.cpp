#include "swarmsim/checks/have_means_servable.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

class HaveMeansServableTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("have_means_servable", who({kB}));
    stage.tells(1s, kB, kA, have, 2);
  }
  Stage stage;
};

TEST_F(HaveMeansServableTest, HoldsWhenWhatIsFetchedIsTrue) {
  stage.received(2s, kB, kA, piece, 2, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 1 blocks of announced pieces false");
}

TEST_F(HaveMeansServableTest, IsViolatedByAFalseBlockOfAnAnnouncedPiece) {
  stage.received(2s, kB, kA, piece, 2, 1, Authentic::no);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "b announced piece 2 and serves a a block of it that is false");
}

TEST_F(HaveMeansServableTest, IsUndecidedWhereBlocksCannotBeCompared) {
  stage.received(2s, kB, kA, piece, 2, 0, Authentic::unknown);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::undecided);
}

TEST_F(HaveMeansServableTest, IsVacuousWhenNothingThatWasAnnouncedIsFetched) {
  stage.received(2s, kB, kA, piece, 1, 0, Authentic::no);
  stage.received(2s, kC, kA, piece, 2, 0, Authentic::no);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
