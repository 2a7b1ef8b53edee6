#include "swarmsim/checks/redundancy_budget.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// 8 blocks in all: a hundredth of them is less than one, so two per source are allowed.
class RedundancyBudgetTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("redundancy_budget", who({kA})); }
  void fetch(Duration at, HostId from, int piece_number, int block) {
    stage.sent(at, kA, from, request, piece_number, block);
    stage.received(at + 1s, from, kA, piece, piece_number, block);
  }
  Stage stage;
};

TEST_F(RedundancyBudgetTest, HoldsWhileDuplicatesArePartOfAnEndGame) {
  for (int piece_number = 0; piece_number < 4; ++piece_number) {
    fetch(10s, kB, piece_number, 0);
    fetch(10s, kC, piece_number, 1);
  }
  for (int block = 0; block < 2; ++block) fetch(20s, kC, 3, block);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "at most 32 KiB twice, of 128 KiB at a");
  EXPECT_EQ(judgement.limit, "65.279 KiB");
}

TEST_F(RedundancyBudgetTest, IsViolatedByWhoFetchesEverythingFromEverybody) {
  for (const HostId from : {kB, kC})
    for (int piece_number = 0; piece_number < 4; ++piece_number)
      for (int block = 0; block < 2; ++block) fetch(10s, from, piece_number, block);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a got 128 KiB that it had already, of 256 KiB it asked 2 peers for (limit 65.279 KiB)");
  EXPECT_THAT(judgement.story.front(), HasSubstr("c -> a  PIECE piece 0, begin 0, length 16 KiB, which was there already"));
  EXPECT_THAT(judgement.story.back(), HasSubstr("look at "));
}

TEST_F(RedundancyBudgetTest, WhatIsPushedUnaskedIsNotItsReceiversFault) {
  fetch(10s, kB, 0, 0);
  fetch(10s, kC, 0, 1);
  for (int i = 0; i < 20; ++i) stage.received(20s, kC, kA, piece, 0, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(RedundancyBudgetTest, APieceThatProvesFalseMayComeAgain) {
  fetch(5s, kC, 1, 0);
  for (int round = 0; round < 6; ++round)
    for (int block = 0; block < 2; ++block) {
      stage.sent(10s, kA, kB, request, 0, block);
      stage.received(11s, kB, kA, piece, 0, block, Authentic::no);
    }
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(RedundancyBudgetTest, SeesCancelsBeforeTheEndGame) {
  fetch(10s, kB, 0, 0);
  fetch(10s, kC, 0, 1);
  for (int i = 0; i < 5; ++i) {
    stage.sent(11s, kA, kB, request, 1, 0);
    stage.sent(12s, kA, kB, cancel, 1, 0);
  }
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a cancelled 5 of 7 requests before its end-game began (limit 4)");
}

TEST_F(RedundancyBudgetTest, CancelsInTheEndGameAreFree) {
  for (int piece_number = 0; piece_number < 4; ++piece_number)
    for (int block = 0; block < 2; ++block) stage.sent(10s, kA, kB, request, piece_number, block);
  stage.received(11s, kB, kA, piece, 0, 0);
  stage.received(11s, kC, kA, piece, 0, 1);
  for (int i = 0; i < 20; ++i) stage.sent(12s, kA, kC, cancel, 1, 0);
  EXPECT_NE(stage.conclude(60s).verdict, Verdict::violated);
}

TEST_F(RedundancyBudgetTest, RequestsMayWaitBehindBlocksWhenTheEndGameBegins) {
  for (int i = 0; i < 6; ++i) fetch(10s, i % 2 == 0 ? kB : kC, i / 2, i % 2);
  for (int i = 0; i < 20; ++i) stage.sent(11s, kA, kC, cancel, 1, 0);
  stage.sent_late(10s, 12s, kA, kB, request, 3, 0);
  stage.sent_late(10s, 12s, kA, kC, request, 3, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(RedundancyBudgetTest, IsVacuousWithOneSource) {
  fetch(10s, kB, 0, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
