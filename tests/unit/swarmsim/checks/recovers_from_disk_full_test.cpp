#include "swarmsim/checks/recovers_from_disk_full.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

class RecoversFromDiskFullTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.facts.peers[0].storage = {{.begin = kStart + 10s, .end = kStart + 70s, .refuses_writes = true}};
    stage.disks.bites = 3;
    stage.begin("recovers_from_disk_full", who_within({kA}, 60s));
  }
  Stage stage;
};

TEST_F(RecoversFromDiskFullTest, HoldsWhenTheDiskIsWholeInTheEnd) {
  EXPECT_FALSE(stage.is_ready(71s));
  stage.whole_piece(90s, kB, kA, 3);
  stage.disks.whole = {kA};
  EXPECT_TRUE(stage.is_ready(91s));
  const Judgement judgement = stage.conclude(93s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 of 1 whole, the last block at most 20 s after it");
}

TEST_F(RecoversFromDiskFullTest, IsViolatedByADownloadThatNeverGoesOn) {
  stage.sent(12s, kA, kB, request, 1);
  EXPECT_TRUE(stage.is_ready(131s));
  const Judgement judgement = stage.conclude(133s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "the disk of a is not whole 1 min 3 s after it took writes again: file is missing");
  EXPECT_EQ(judgement.story.back(), "look at who begins a download again that its storage has ended, and when");
}

TEST_F(RecoversFromDiskFullTest, SaysWhenEverythingWasReceivedAndNotWritten) {
  for (int piece = 0; piece < 4; ++piece) stage.whole_piece(20s, kB, kA, piece);
  EXPECT_EQ(stage.conclude(140s).story.back(),
            "every block has reached it: look at what the client takes for written although the write failed");
}

TEST_F(RecoversFromDiskFullTest, IsUndecidedWhenTheRunEndsTooEarly) {
  EXPECT_EQ(stage.cut_short(100s).verdict, Verdict::undecided);
}

TEST_F(RecoversFromDiskFullTest, ExcusesWhoWasStopped) {
  stage.stopped(kA, 80s);
  EXPECT_TRUE(stage.is_ready(81s));
  EXPECT_EQ(stage.conclude(140s).verdict, Verdict::vacuous);
}

TEST(RecoversFromDiskFull, IsVacuousWhenNothingWasRefusedOrTheDiskStaysFull) {
  Stage untouched;
  untouched.facts.peers[0].storage = {{.begin = kStart, .end = kStart + 5s, .refuses_writes = true}};
  untouched.disks.bites = 0;
  untouched.begin("recovers_from_disk_full", who({kA}));
  EXPECT_EQ(untouched.conclude(300s).verdict, Verdict::vacuous);
  Stage for_good;
  for_good.facts.peers[0].storage = {{.begin = kStart, .refuses_writes = true}};
  for_good.disks.bites = 9;
  for_good.begin("recovers_from_disk_full", who({kA}));
  EXPECT_EQ(for_good.conclude(300s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
