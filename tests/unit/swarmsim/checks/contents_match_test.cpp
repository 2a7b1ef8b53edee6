#include "swarmsim/checks/contents_match.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

TEST(ContentsMatch, HoldsWhenEveryDiskIsTrue) {
  Stage stage;
  stage.begin("contents_match", who({kA, kB}));
  stage.disks.whole = {kA, kB};
  const Judgement judgement = stage.conclude(9s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "2 of 2 equal");
}

TEST(ContentsMatch, IsViolatedByOneDiskAndSaysWhatIsWrongWithIt) {
  Stage stage;
  stage.begin("contents_match", who({kA, kB}));
  stage.disks.whole = {kB};
  const Judgement judgement = stage.conclude(9s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "at the end a has not what the torrent holds: file is missing");
  EXPECT_EQ(judgement.measured, "1 of 2 equal");
}

TEST(ContentsMatch, WaitsForContentAndForItsWayToTheDisk) {
  Stage stage;
  stage.begin("contents_match", who({kA}));
  EXPECT_FALSE(stage.is_ready(1s));
  for (int piece = 0; piece < 4; ++piece) stage.whole_piece(2s, kB, kA, piece);
  EXPECT_FALSE(stage.is_ready(2s));
  stage.disks.whole.insert(kA);
  EXPECT_TRUE(stage.is_ready(2s));
}

TEST(ContentsMatch, DoesNotWaitForWhoIsStopped) {
  Stage stage;
  stage.begin("contents_match", who({kA}));
  stage.stopped(kA, 1s);
  EXPECT_TRUE(stage.is_ready(1s));
  EXPECT_EQ(stage.conclude(2s).verdict, Verdict::violated);
}

TEST(ContentsMatch, IsUndecidedOfAnIncompletePeerWhenTheRunIsCutShort) {
  Stage stage;
  stage.begin("contents_match", who({kA}));
  EXPECT_EQ(stage.cut_short(1s).verdict, Verdict::undecided);
}

}  // namespace
}  // namespace swarmlab::swarmsim
