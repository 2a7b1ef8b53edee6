#include "swarmsim/checks/announce_schedule.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/tracker_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum protocol::AnnounceEvent;
using ::testing::HasSubstr;

class AnnounceScheduleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("announce_schedule", who({kA}));
    reply.interval = 60s;
  }
  void announce(Duration at, protocol::AnnounceEvent event = none) { stage.announce(at, kA, stage.request(kA, event, 64_KiB), reply); }
  TrackerStage stage;
  protocol::AnnounceReply reply;
};

TEST_F(AnnounceScheduleTest, HoldsForWhoComesWhenTheTrackerAsked) {
  announce(0s, started);
  announce(60s);
  announce(125s);
  const Judgement judgement = stage.conclude(150s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "2 gaps from 1 min to 1 min 5 s");
}

TEST_F(AnnounceScheduleTest, SeesWhoComesTooOften) {
  reply.min_interval = 30s;
  announce(0s, started);
  announce(30s);
  announce(40s);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a announces again after 10 s, without an event; the tracker allows it after 30 s");
}

TEST_F(AnnounceScheduleTest, WithoutAMinimumHalfOfTheIntervalIsEnough) {
  announce(0s, started);
  announce(31s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
  announce(55s);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("announces again after 24 s"));
}

TEST_F(AnnounceScheduleTest, AnEventMayComeAtAnyTime) {
  announce(0s, started);
  announce(60s);
  announce(61s, completed);
  announce(62s, stopped);
  EXPECT_EQ(stage.conclude(200s).verdict, Verdict::held);
}

TEST_F(AnnounceScheduleTest, SeesWhoForgetsToAnnounce) {
  announce(0s, started);
  announce(60s);
  EXPECT_EQ(stage.conclude(130s).verdict, Verdict::held);
  EXPECT_EQ(stage.conclude(140s).summary, "a has said nothing to its tracker for 1 min 19 s; it was to announce within 1 min 11 s");
}

TEST_F(AnnounceScheduleTest, WhoIsToldToStopOwesNoMore) {
  announce(0s, started);
  announce(60s);
  stage.lifecycle(WireEventKind::stopped, 100s, kA);
  EXPECT_EQ(stage.conclude(300s).verdict, Verdict::held);
}

TEST_F(AnnounceScheduleTest, AfterARefusalNothingIsTimed) {
  announce(0s, started);
  announce(60s);
  stage.refuse(120s, kA, stage.request(kA, none, 64_KiB));
  announce(135s);
  EXPECT_EQ(stage.conclude(190s).verdict, Verdict::held);
}

TEST_F(AnnounceScheduleTest, NobodyIsHeldToAnIntervalThatMakesNoSense) {
  reply.interval = 0s;
  announce(0s, started);
  announce(120s);
  EXPECT_EQ(stage.conclude(3h).verdict, Verdict::held);
  announce(122s);
  EXPECT_THAT(stage.conclude(3h).summary, HasSubstr("announces again after 2 s"));
}

TEST_F(AnnounceScheduleTest, IsVacuousWithoutASecondAnnounce) {
  announce(0s, started);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
