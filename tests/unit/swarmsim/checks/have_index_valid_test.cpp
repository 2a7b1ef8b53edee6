#include "swarmsim/checks/have_index_valid.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

class HaveIndexValidTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("have_index_valid", who({kB})); }
  Stage stage;
};

TEST_F(HaveIndexValidTest, HoldsUpToTheLastPiece) {
  stage.sent(1s, kB, kA, have, 3);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 1 HAVEs");
}

TEST_F(HaveIndexValidTest, IsViolatedByThePieceBehindTheLastAndByMinusOne) {
  stage.sent(1s, kB, kA, have, 4);
  stage.sent(2s, kB, kA, have, -1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "b announces piece 4 to a; the torrent has 4");
  EXPECT_EQ(judgement.measured, "2 of 2 HAVEs");
}

TEST_F(HaveIndexValidTest, WhatOthersAnnounceIsNotJudgedAndIsVacuous) {
  stage.sent(1s, kC, kA, have, 9);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
