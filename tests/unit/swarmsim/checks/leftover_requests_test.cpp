#include "swarmsim/checks/leftover_requests.hpp"

#include <gtest/gtest.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

// Through the check that shows it best: a is told at 10 s to fetch nothing, and has asked b for a block.
class LeftoverRequestsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    CheckArguments arguments = who({kA});
    arguments.set("off", Duration(10s));
    stage.begin("stopped_means_stopped", std::move(arguments));
    stage.tells(1s, kB, kA, have_all);
    stage.tells(1s, kB, kA, unchoke);
    stage.sent(9s, kA, kB, request, 0, 0);
  }
  void time_passes(Duration from, Duration to) {
    for (Duration at = from; at < to; at += 500ms) stage.received(at, kB, kA, have, 1);
  }
  Stage stage;
};

TEST_F(LeftoverRequestsTest, AQuietConnectionHidesNoCancel) {
  stage.received(9100ms, kA, kB, request, 0, 0);
  time_passes(10s, 30s);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::violated);
}

TEST_F(LeftoverRequestsTest, WhatHasNotArrivedMayHideOne) {
  time_passes(10s, 100s);   // the request itself is still on its way
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::held);
}

TEST_F(LeftoverRequestsTest, ABlockThatIsOwedMayStandBeforeOne) {
  stage.received(9100ms, kA, kB, request, 0, 0);
  stage.received(9500ms, kB, kA, request, 0, 1);   // half of it may have been sent
  time_passes(10s, 60s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(LeftoverRequestsTest, AnAnswerThatComesTooLateIsNoExcuse) {
  stage.received(9100ms, kA, kB, request, 0, 0);
  time_passes(10s, 12s);
  stage.received(12s, kB, kA, piece, 0, 0);
  time_passes(12s, 30s);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::violated);
}

TEST_F(LeftoverRequestsTest, ACancelThatOvertakesNothingIsSeenAfterTheAnswer) {
  stage.received(9100ms, kA, kB, request, 0, 0);
  time_passes(10s, 12s);
  stage.received(12s, kB, kA, piece, 0, 0);
  stage.sent_late(10500ms, 13s, kA, kB, cancel, 0, 0);
  time_passes(14s, 40s);
  EXPECT_EQ(stage.conclude(40s).verdict, Verdict::held);
}

TEST_F(LeftoverRequestsTest, WhatHadBeenTakenBackBeforeIsLeftOut) {
  stage.received(9100ms, kA, kB, request, 0, 0);
  for (const MessageKind kind : {cancel, request}) {
    stage.sent(9500ms, kA, kB, kind, 0, 0);
    stage.received(9600ms, kA, kB, kind, 0, 0);
  }
  time_passes(10s, 40s);
  EXPECT_EQ(stage.conclude(40s).verdict, Verdict::held);
}

TEST_F(LeftoverRequestsTest, AChokeOrTheEndOfTheConnectionLeavesNothingOpen) {
  stage.received(9100ms, kA, kB, request, 0, 0);
  time_passes(10s, 12s);
  stage.tells(12s, kB, kA, choke);
  time_passes(12s, 40s);
  EXPECT_EQ(stage.conclude(40s).verdict, Verdict::held);
}

}  // namespace
}  // namespace swarmlab::swarmsim
