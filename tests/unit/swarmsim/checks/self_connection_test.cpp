#include "swarmsim/checks/self_connection.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/connection_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

class SelfConnectionTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("self_connection", who({kA})); }
  ConnectionStage stage;
};

TEST_F(SelfConnectionTest, HoldsForWhoRecognisesItselfAndHangsUp) {
  stage.end(2s, stage.open_and_shake(1s, kA, kA), kA);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 dialled themselves, at most 1 times each");
}

TEST_F(SelfConnectionTest, SeesTheThirdDial) {
  for (const Duration at : {1s, 31s, 61s}) stage.end(at + 500ms, stage.open_and_shake(at, kA, kA), kA);
  const Judgement judgement = stage.conclude(90s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a dials its own address for the 3. time");
  EXPECT_THAT(judgement.story, ::testing::SizeIs(4));
}

TEST_F(SelfConnectionTest, ANewProcessNeedNotKnow) {
  for (const Duration at : {1s, 31s, 61s}) {
    stage.end(at + 500ms, stage.open_and_shake(at, kA, kA), kA);
    stage.lifecycle(WireEventKind::stopped, at + 1s, kA);
    stage.lifecycle(WireEventKind::joined, at + 2s, kA);
  }
  EXPECT_EQ(stage.conclude(90s).verdict, Verdict::held);
}

TEST_F(SelfConnectionTest, SeesARequestToItself) {
  stage.message(2s, stage.open_and_shake(1s, kA, kA), Direction::from_dialler, MessageKind::request);
  EXPECT_EQ(stage.conclude(3s).summary, "a asks itself for a block");
}

TEST_F(SelfConnectionTest, SeesAConnectionToItselfThatLasts) {
  stage.open_and_shake(1s, kA, kA);
  EXPECT_THAT(stage.conclude(20s).summary, HasSubstr("a talks to itself for 18.9 s"));
}

TEST_F(SelfConnectionTest, IsVacuousWhenNobodyMeetsItself) {
  stage.open_and_shake(1s, kA, kB);
  stage.end(2s, stage.open_and_shake(1s, kB, kB), kB);   // not judged
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
