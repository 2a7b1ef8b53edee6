#include "swarmsim/checks/reconnect_possible.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/connection_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

class ReconnectPossibleTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("reconnect_possible", who({kA})); }
  // Somebody dials a under c's id; only whoever is welcome is answered.
  std::uint32_t dial(Duration at, HostId from, bool is_answered) {
    const std::uint32_t number = stage.open(at, from, kA);
    stage.greet(at, number, Direction::from_dialler, id_of(kC));
    if (is_answered) stage.greet(at, number, Direction::from_acceptor, id_of(kA));
    else stage.end(at + 100ms, number, kA);
    return number;
  }
  // c is there, d is refused for its id, c leaves at 30 s.
  void refuse_the_second() {
    const std::uint32_t first = dial(1s, kC, true);
    dial(5s, kD, false);
    stage.end(30s, first, kC, StreamEnd::reset);
  }
  ConnectionStage stage;
};

TEST_F(ReconnectPossibleTest, HoldsForWhoLetsTheRefusedInLater) {
  refuse_the_second();
  EXPECT_FALSE(stage.is_ready(31s));
  dial(35s, kD, true);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "1 refused for an id that was taken, 1 let in once it was free");
}

TEST_F(ReconnectPossibleTest, SeesWhoIsLockedOutForGood) {
  refuse_the_second();
  for (const Duration at : {35s, 45s, 55s}) dial(at, kD, false);
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a lets d in no more: 3 dials within 1 min after the peer of the same id had gone came to nothing");
  EXPECT_THAT(judgement.story.back(), HasSubstr("look at "));
}

TEST_F(ReconnectPossibleTest, OneRefusalAfterwardsIsNoProof) {
  refuse_the_second();
  dial(35s, kD, false);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
}

TEST_F(ReconnectPossibleTest, OwesNothingToWhoIsGone) {
  refuse_the_second();
  stage.lifecycle(WireEventKind::stopped, 31s, kD);
  EXPECT_TRUE(stage.is_ready(32s));
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
}

TEST_F(ReconnectPossibleTest, IsVacuousWhenNobodyIsRefused) {
  dial(1s, kC, true);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
