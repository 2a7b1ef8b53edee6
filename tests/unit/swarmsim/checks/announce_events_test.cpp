#include "swarmsim/checks/announce_events.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/tracker_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum protocol::AnnounceEvent;
using ::testing::HasSubstr;

class AnnounceEventsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("announce_events", who({kA, kB}));
    stage.lifecycle(WireEventKind::joined, 0s, kA);
    stage.announce(0s, kA, started, 128_KiB);
  }
  // All four pieces.
  void download(Duration at) {
    for (int piece = 0; piece < 4; ++piece) stage.whole_piece(at, kB, kA, piece);
  }
  void expect_violated(Duration end, const char* summary) {
    const Judgement judgement = stage.conclude(end);
    EXPECT_EQ(judgement.verdict, Verdict::violated);
    EXPECT_THAT(judgement.summary, HasSubstr(summary));
    EXPECT_THAT(judgement.story.back(), HasSubstr("look at "));
  }
  TrackerStage stage;
};

TEST_F(AnnounceEventsTest, HoldsFromStartedToStopped) {
  stage.announce(30s, kA, none, 64_KiB);
  download(40s);
  stage.announce(41s, kA, completed, 0_B);
  stage.announce(70s, kA, none, 0_B);
  stage.lifecycle(WireEventKind::stopped, 80s, kA);
  stage.announce(80s, kA, stopped, 0_B);
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "1 started, 1 completed, 1 stopped");
}

TEST_F(AnnounceEventsTest, WaitsForACompletedThatNeverComes) {
  download(40s);
  EXPECT_FALSE(stage.is_ready(50s));
  EXPECT_TRUE(stage.is_ready(81s));   // 30 s of interval and 10 s
  expect_violated(90s, "a had its last piece at 00:40.000 and did not tell the tracker 'completed' within 40 s");
}

TEST_F(AnnounceEventsTest, APlainAnnounceIsNoCompleted) {
  download(40s);
  stage.announce(60s, kA, none, 0_B);
  expect_violated(90s, "did not tell the tracker 'completed'");
}

TEST_F(AnnounceEventsTest, APlainAnnounceThatWasDueMayComeBeforeCompleted) {
  download(40s);
  stage.announce(45s, kA, none, 0_B);
  stage.announce(46s, kA, completed, 0_B);
  EXPECT_EQ(stage.conclude(90s).verdict, Verdict::held);
}

TEST_F(AnnounceEventsTest, AnAnnounceDuringVerificationIsNoSlip) {
  download(40s);
  stage.announce(41s, kA, none, 32_KiB);
  stage.announce(42s, kA, completed, 0_B);
  EXPECT_EQ(stage.conclude(90s).verdict, Verdict::held);
}

TEST_F(AnnounceEventsTest, SeesASecondCompletedButNotARepetition) {
  download(40s);
  stage.ask(41s, kA, stage.request(kA, completed, 0_B));   // no answer
  stage.announce(45s, kA, completed, 0_B);
  EXPECT_EQ(stage.conclude(50s).verdict, Verdict::held);
  stage.announce(60s, kA, completed, 0_B);
  expect_violated(90s, "says 'completed' a second time");
}

TEST_F(AnnounceEventsTest, SeesASeedThatSaysCompleted) {
  stage.announce(1s, kB, started, 0_B);
  stage.announce(2s, kB, completed, 0_B);
  expect_violated(90s, "b says 'completed', but had nothing left when it said 'started'");
}

TEST_F(AnnounceEventsTest, SeesACompletedWithSomethingLeft) {
  stage.announce(10s, kA, completed, 64_KiB);
  expect_violated(90s, "says 'completed' with 64 KiB left");
}

TEST_F(AnnounceEventsTest, SeesASecondStartedUnlessTheFirstFailed) {
  stage.refuse(1s, kB, stage.request(kB, started, 0_B));
  stage.announce(5s, kB, started, 0_B);
  EXPECT_EQ(stage.conclude(6s).verdict, Verdict::vacuous);
  stage.announce(30s, kA, started, 128_KiB);
  expect_violated(90s, "a says 'started' again");
}

TEST_F(AnnounceEventsTest, SeesWhoNeverSaidStarted) {
  stage.announce(1s, kB, none, 0_B);
  expect_violated(90s, "b announces without ever having said 'started'");
}

TEST_F(AnnounceEventsTest, SeesWhoGoesWithoutAWord) {
  stage.lifecycle(WireEventKind::stopped, 20s, kA);
  EXPECT_FALSE(stage.is_ready(25s));
  EXPECT_TRUE(stage.is_ready(31s));
  expect_violated(40s, "a was stopped at 00:20.000 and did not tell the tracker 'stopped' within 10 s");
}

TEST_F(AnnounceEventsTest, SeesAnAnnounceAfterStopped) {
  stage.lifecycle(WireEventKind::stopped, 20s, kA);
  stage.announce(20s, kA, stopped, 128_KiB);
  stage.announce(50s, kA, none, 128_KiB);
  expect_violated(90s, "a announces after it said 'stopped'");
}

TEST_F(AnnounceEventsTest, ANewStartAfterStoppedBeginsAnew) {
  stage.announce(20s, kA, stopped, 128_KiB);
  stage.announce(50s, kA, started, 128_KiB);
  stage.announce(60s, kA, none, 128_KiB);
  EXPECT_EQ(stage.conclude(90s).verdict, Verdict::held);
}

TEST_F(AnnounceEventsTest, IsVacuousWhereNothingEnded) {
  EXPECT_EQ(stage.conclude(20s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
