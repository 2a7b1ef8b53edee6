#include "swarmsim/checks/completes.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

TEST(Completes, HoldsWithTheTimeOfTheLastTrueBlock) {
  Stage stage;
  stage.begin("completes", who_within({kA}, 30s));
  for (int piece = 0; piece < 4; ++piece) stage.whole_piece(std::chrono::seconds(10 + piece), kB, kA, piece);
  EXPECT_FALSE(stage.is_ready(14s)) << "not before the disk has it";
  stage.disks.whole.insert(kA);
  EXPECT_TRUE(stage.is_ready(14s));
  const Judgement judgement = stage.conclude(20s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 of 1, slowest a after 13 s");
  EXPECT_EQ(judgement.number->value, Number::of(Duration(13s)));
  EXPECT_EQ(judgement.limit, "30 s");
}

TEST(Completes, CountsFromJoining) {
  Stage stage;
  stage.facts.peers[0].joins = kStart + 60s;
  stage.begin("completes", who_within({kA}, 5s));
  for (int piece = 0; piece < 4; ++piece) stage.whole_piece(64s, kB, kA, piece);
  stage.disks.whole.insert(kA);
  EXPECT_EQ(stage.conclude(70s).measured, "1 of 1, slowest a after 4 s");
}

TEST(Completes, IsViolatedByWhoComesTooLate) {
  Stage stage;
  stage.begin("completes", who_within({kA}, 5s));
  for (int piece = 0; piece < 4; ++piece) stage.whole_piece(9s, kB, kA, piece);
  stage.disks.whole.insert(kA);
  const Judgement judgement = stage.conclude(20s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a was complete only after 9 s (limit 5 s)");
  EXPECT_EQ(judgement.number->value, Number::of(Duration(9s))) << "a number, late or not";
}

TEST(Completes, IsViolatedByWhoNeverDoesAndTellsWhatCameLast) {
  Stage stage;
  stage.begin("completes", who_within({kA}, 5s));
  stage.whole_piece(2s, kB, kA, 3);
  EXPECT_FALSE(stage.is_ready(4s));
  EXPECT_TRUE(stage.is_ready(6s)) << "too late already: the run need not wait";
  const Judgement judgement = stage.conclude(6s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_THAT(judgement.summary, HasSubstr("a has 1 of 4 pieces after 6 s"));
  EXPECT_TRUE(judgement.number->value.is_never());
  EXPECT_THAT(judgement.story.rbegin()[1], HasSubstr("00:02.000  the last block that reached a came from b: piece 3, begin 16384"));
}

TEST(Completes, IsViolatedWhenTheDiskDoesNotHoldWhatArrived) {
  Stage stage;
  stage.begin("completes", who({kA}));
  for (int piece = 0; piece < 4; ++piece) stage.whole_piece(2s, kB, kA, piece);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("received everything, but its disk does not hold it"));
}

TEST(Completes, IsViolatedByWhoIsStoppedBefore) {
  Stage stage;
  stage.begin("completes", who({kA}));
  stage.stopped(kA, 3s);
  EXPECT_TRUE(stage.is_ready(3s));
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("stopped before it was complete"));
}

TEST(Completes, IsUndecidedWhenTheRunIsCutShort) {
  Stage stage;
  stage.begin("completes", who_within({kA}, 60s));
  EXPECT_EQ(stage.cut_short(5s).verdict, Verdict::undecided);
}

TEST(Completes, CountsADiskThatIsAheadOfTheWire) {
  Stage stage;
  stage.begin("completes", who_within({kA}, 60s));
  stage.disks.whole.insert(kA);
  EXPECT_EQ(stage.conclude(5s).verdict, Verdict::held);
}

TEST(Completes, IsUndecidedWhenThatIsLateAndSomebodyWroteWhatCouldNotBeRead) {
  Stage stage;
  stage.begin("completes", who_within({kA}, 60s));
  stage.breaks(2s, kB, kA);
  stage.disks.whole.insert(kA);
  EXPECT_EQ(stage.conclude(90s).verdict, Verdict::undecided);
}

TEST(Completes, IsViolatedWhenThatIsLateAndEverythingCouldBeRead) {
  Stage stage;
  stage.begin("completes", who_within({kA}, 60s));
  stage.breaks(2s, kA, kB);
  stage.disks.whole.insert(kA);
  EXPECT_EQ(stage.conclude(90s).verdict, Verdict::violated) << "what it wrote itself says nothing of what it was sent";
}

TEST(Completes, TakesTheTimeOfTheFilesWhereNobodyHearsPeers) {
  Stage stage;
  stage.facts.hears_peers = false;
  stage.facts.peers[0].joins = kStart + 2s;
  stage.begin("completes", who_within({kA}, 10s));
  stage.disks.whole.insert(kA);
  stage.disks.since = kStart + 9s;
  EXPECT_EQ(stage.conclude(30s).measured, "1 of 1, slowest a after 7 s");
  stage.disks.since = kStart + 12900ms;
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::held) << "looked at once a second: it may have been in time";
  stage.disks.since = kStart + 15s;
  EXPECT_EQ(stage.conclude(30s).summary, "a was complete only after 13 s (limit 10 s)");
}

TEST(Completes, IsViolatedByFilesThatAreNotWholeWhereNobodyHearsPeers) {
  Stage stage;
  stage.facts.hears_peers = false;
  stage.begin("completes", who_within({kA}, 10s));
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a does not have everything 30 s after it joined (limit 10 s): file is missing");
  EXPECT_THAT(judgement.story.rbegin()[1], HasSubstr("nobody hears what peers say"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
