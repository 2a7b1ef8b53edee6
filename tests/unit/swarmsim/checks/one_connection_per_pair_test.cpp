#include "swarmsim/checks/one_connection_per_pair.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/connection_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

class OneConnectionPerPairTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("one_connection_per_pair", who({kA, kB})); }
  // The dials of a and b cross at ten seconds; the connections are 0 and 1.
  void cross() {
    stage.open(10s, kA, kB);
    stage.open(10s, kB, kA);
    stage.shake(11s, 0);
    stage.shake(11s, 1);
  }
  ConnectionStage stage;
};

TEST_F(OneConnectionPerPairTest, HoldsWhenBothGiveUpTheSameOne) {
  cross();
  EXPECT_FALSE(stage.is_ready(12s));
  stage.end(11500ms, 1, kA);
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "1 meetings, 0 left two connections, 0 left none");
}

TEST_F(OneConnectionPerPairTest, SeesThatEachHangsUpOnTheOther) {
  cross();
  stage.end(11500ms, 0, kB);
  stage.end(11600ms, 1, kA);
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a and b had two connections, and 5 s later none");
  EXPECT_THAT(judgement.story[2], HasSubstr("b ends the one that a had dialled"));
  EXPECT_THAT(judgement.story.back(), HasSubstr("look at "));
}

TEST_F(OneConnectionPerPairTest, SeesTwoThatAreKept) {
  cross();
  EXPECT_EQ(stage.conclude(30s).summary, "a and b still have two connections 5 s after the second was opened");
}

TEST_F(OneConnectionPerPairTest, TwoIdsAreTwoPeers) {
  stage.open(10s, kA, kB);
  stage.open(10s, kB, kA);
  stage.shake(11s, 0);
  stage.greet(11s, 1, Direction::from_dialler, PeerId{});
  stage.greet(11s, 1, Direction::from_acceptor, id_of(kA));
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::vacuous);
}

TEST_F(OneConnectionPerPairTest, WhoReconnectsInTimeIsRight) {
  cross();
  stage.end(11500ms, 0, kB);
  stage.end(11600ms, 1, kA);
  stage.open_and_shake(14s, kA, kB);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::held);
}

TEST_F(OneConnectionPerPairTest, ExcusesWhoWasToldToGoOrLostTheLine) {
  cross();
  stage.lifecycle(WireEventKind::stopped, 12s, kB);
  stage.end(12s, 0, kB);
  stage.end(12s, 1, kB);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::vacuous);
}

TEST_F(OneConnectionPerPairTest, ExcusesPeersWithoutUseForEachOther) {
  stage.facts.peers[0].has_at_start.set_all();
  stage.begin("one_connection_per_pair", who({kA, kB}));
  cross();
  stage.end(11500ms, 0, kB);
  stage.end(11600ms, 1, kA);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::held);
}

TEST_F(OneConnectionPerPairTest, AConnectionOfTwoMinutesMayBeGivenUpForSilence) {
  for (const auto& [ended, verdict] : {std::pair{119s, Verdict::violated}, std::pair{121s, Verdict::held}}) {
    stage.begin("one_connection_per_pair", who({kA, kB}));
    const auto old = stage.open_and_shake(0s, kA, kB);
    stage.end(ended - 1s, stage.open_and_shake(ended - 2s, kB, kA), kA);
    stage.end(ended, old, kA);
    EXPECT_EQ(stage.conclude(200s).verdict, verdict) << to_text(ended);
  }
}

TEST_F(OneConnectionPerPairTest, SeesWhoDialsAgainAndAgainThoughConnected) {
  stage.open_and_shake(0s, kA, kB);
  Duration at = 10s;
  for (int i = 0; i < 4; ++i, at += 7s) stage.end(at + 200ms, stage.open_and_shake(at, kA, kB), kB);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_THAT(judgement.summary, HasSubstr("a dials b for the 4th time within 21 s, though the two are connected"));
}

TEST_F(OneConnectionPerPairTest, IsVacuousWhenNobodyMeetsTwice) {
  stage.open_and_shake(0s, kA, kB);
  stage.open_and_shake(0s, kC, kA);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
