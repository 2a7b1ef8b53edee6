#include "swarmsim/checks/survives_fd_limit.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/connection_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

class SurvivesFdLimitTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("survives_fd_limit", who({kA})); }
  void refused(Duration at, HostId from) { stage.end(at + 50ms, stage.open(at, from, kA), kA); }
  // Four connections of others, and one more peer that is turned away.
  void crowd() {
    for (int i = 0; i < 4; ++i) company.push_back(stage.open_and_shake(1s, i < 2 ? kB : kC, kA));
    refused(2s, kD);
  }
  void leave(std::size_t how_many) {
    for (std::size_t i = 0; i < how_many; ++i) stage.end(20s, company[i], i < 2 ? kB : kC);
  }
  std::vector<std::uint32_t> company;
  ConnectionStage stage;
};

TEST_F(SurvivesFdLimitTest, HoldsForWhoLetsOthersInLater) {
  crowd();
  leave(2);
  stage.open_and_shake(25s, kD, kA);
  EXPECT_TRUE(stage.is_ready(27s));
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "1 dials turned away, 1 answered once there was room");
}

TEST_F(SurvivesFdLimitTest, SeesWhoLetsNobodyInAnyMore) {
  crowd();
  leave(2);
  for (const Duration at : {25s, 40s, 60s}) refused(at, kD);
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a lets nobody in any more: d dialled it 3 times within 1 min and was not answered once");
  EXPECT_THAT(judgement.story.back(), HasSubstr("EMFILE"));
}

TEST_F(SurvivesFdLimitTest, ADialThatNobodyAnswersWasTurnedAwayToo) {
  for (int i = 0; i < 4; ++i) company.push_back(stage.open_and_shake(1s, i < 2 ? kB : kC, kA));
  stage.end(30s, stage.open(2s, kD, kA), kD);
  EXPECT_THAT(stage.conclude(31s).measured, HasSubstr("1 dials turned away"));
}

TEST_F(SurvivesFdLimitTest, AsksNothingOfWhoIsStillCrowded) {
  crowd();
  leave(1);
  for (const Duration at : {25s, 40s, 60s}) refused(at, kD);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
}

TEST_F(SurvivesFdLimitTest, WhoIsThereAlreadyProvesNothingByDiallingOnceMore) {
  crowd();
  leave(2);
  stage.open(25s, kC, kA);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
}

TEST_F(SurvivesFdLimitTest, OneDialIsNoProof) {
  crowd();
  leave(2);
  refused(25s, kD);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
}

TEST_F(SurvivesFdLimitTest, WhoRefusesSomebodyWithoutACrowdHasAReasonOfItsOwn) {
  stage.open_and_shake(1s, kB, kA);
  for (const Duration at : {2s, 25s, 40s, 60s}) refused(at, kD);
  const Judgement judgement = stage.conclude(150s);
  EXPECT_EQ(judgement.verdict, Verdict::vacuous);
  EXPECT_EQ(judgement.summary, "nobody was turned away for want of room");
}

TEST_F(SurvivesFdLimitTest, AnotherLifeOwesNothingForTheFirst) {
  crowd();
  leave(2);
  refused(25s, kD);
  stage.lifecycle(WireEventKind::stopped, 26s, kA);
  for (const Duration at : {40s, 60s}) refused(at, kD);
  EXPECT_EQ(stage.conclude(150s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
