#include "swarmsim/checks/tiers.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/tracker_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

constexpr HostId kMain = kTracker;
constexpr HostId kSpare(5);   // of the same tier
constexpr HostId kFar(6);     // of the next

// Intervals are 30 s; three trackers have three minutes to fail in.
class TiersTest : public ::testing::Test {
 protected:
  using Event = TrackerStage::Event;

  void SetUp() override {
    stage.facts.trackers = {{.name = "main", .interval = 30s}, {.name = "spare", .interval = 30s},
                            {.name = "far", .tier = 2, .interval = 30s}};
  }
  void begin() {
    CheckArguments arguments;
    arguments.set("who", std::vector<HostId>{kA});
    stage.begin("tiers", std::move(arguments));
    stage.lifecycle(WireEventKind::joined, 0s, kA);
  }
  void answered(Duration at, HostId tracker, Event event = Event::none) {
    stage.tracker = tracker;
    protocol::AnnounceReply reply;
    reply.interval = 30s;
    stage.announce(at, kA, stage.request(kA, event, 128_KiB), reply);
  }
  void refused(Duration at, HostId tracker) {
    stage.tracker = tracker;
    stage.refuse(at, kA, stage.request(kA, Event::none, 128_KiB));
  }
  void unanswered(Duration at, HostId tracker) {
    stage.tracker = tracker;
    stage.ask(at, kA, stage.request(kA, Event::none, 128_KiB));
  }
  TrackerStage stage;
};

TEST_F(TiersTest, HoldsWhenTheNextTrackerIsAskedAfterAFailure) {
  begin();
  answered(1s, kMain, Event::started);
  refused(31s, kMain);
  answered(32s, kSpare, Event::started);
  unanswered(62s, kSpare);
  refused(80s, kMain);
  answered(81s, kFar, Event::started);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::held);
}

TEST_F(TiersTest, IsViolatedByWhoStaysWithATrackerThatFails) {
  begin();
  answered(1s, kMain, Event::started);
  for (Duration at = 31s; at < 400s; at += 30s) refused(at, kMain);
  const Judgement judgement = stage.conclude(400s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a was known to no tracker for 6 min 5 s, although one of its 3 was there");
  EXPECT_THAT(judgement.story.back(), HasSubstr("the next of its tier"));
}

TEST_F(TiersTest, IsViolatedByWhoNeverFindsATrackerAtAll) {
  begin();
  refused(1s, kMain);
  EXPECT_EQ(stage.conclude(3min).verdict, Verdict::vacuous);   // there is time yet
  SetUp();
  begin();
  refused(1s, kMain);
  EXPECT_EQ(stage.conclude(3min + 1s).verdict, Verdict::violated);
}

TEST_F(TiersTest, IsViolatedByWhoAsksALaterTierWithoutNeed) {
  begin();
  answered(1s, kMain, Event::started);
  answered(5s, kFar, Event::started);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a asks 'far' of tier 2 while 'main' of tier 1 answers: 3.9 s ago it did, good for 15 s");
}

TEST_F(TiersTest, IsViolatedByWhoAsksTwoOfATierWithoutNeed) {
  begin();
  answered(1s, kSpare, Event::started);
  answered(5s, kMain, Event::started);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::violated);
}

TEST_F(TiersTest, LetsGoodbyesGoToEverybody) {
  begin();
  answered(1s, kMain, Event::started);
  refused(31s, kMain);
  answered(32s, kFar, Event::started);
  answered(33s, kMain, Event::completed);
  answered(34s, kFar, Event::completed);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(TiersTest, LetsWhoDeclaresItAskOneTrackerOfEachTier) {
  stage.facts.peers[0].announces_to_all_tiers = true;
  begin();
  answered(1s, kMain, Event::started);
  answered(1s, kFar, Event::started);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(TiersTest, OwesNothingAfterAStop) {
  begin();
  answered(1s, kMain, Event::started);
  stage.lifecycle(WireEventKind::stopped, 40s, kA);
  EXPECT_EQ(stage.conclude(10min).verdict, Verdict::vacuous);
}

TEST_F(TiersTest, IsVacuousWhereTheFirstTrackerNeverFails) {
  begin();
  for (Duration at = 1s; at < 200s; at += 30s) answered(at, kMain);
  EXPECT_EQ(stage.conclude(200s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
