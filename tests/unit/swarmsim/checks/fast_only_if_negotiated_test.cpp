#include "swarmsim/checks/fast_only_if_negotiated.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

class FastOnlyIfNegotiatedTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("fast_only_if_negotiated", who({kA})); }
  Stage stage;
};

TEST_F(FastOnlyIfNegotiatedTest, HoldsWhereBothOfferedItAndWhereNothingIsSaid) {
  stage.shake_hands(1s, kA, kB, true);
  stage.shake_hands(1s, kA, kC, false);
  stage.sent(2s, kA, kB, have_none);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 1 connections without Fast spoilt; 0 such messages heard");
}

TEST_F(FastOnlyIfNegotiatedTest, IsViolatedBySpeakingWithoutTheBit) {
  stage.shake_hands(1s, kA, kC, false);
  stage.sent(2s, kA, kC, have_none);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a sends c HAVE NONE, and the other did not offer the Fast extension");
}

TEST_F(FastOnlyIfNegotiatedTest, IsViolatedBySpeakingBeforeTheOthersHandshakeIsThere) {
  stage.sent(500ms, kA, kC, have_all);
  stage.shake_hands(1s, kA, kC, false);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::violated);
}

TEST_F(FastOnlyIfNegotiatedTest, WhoHearsItHasToHangUp) {
  stage.shake_hands(1s, kA, kC, false);
  stage.received(2s, kC, kA, have_all);
  stage.ended(kA, kC, 3s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
  Stage patient;
  patient.begin("fast_only_if_negotiated", who({kA}));
  patient.shake_hands(1s, kA, kC, false);
  patient.received(2s, kC, kA, allowed_fast);
  const Judgement judgement = patient.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a keeps c 10 s after a ALLOWED FAST without the Fast extension");
}

TEST_F(FastOnlyIfNegotiatedTest, WhoIsStoppedOrCannotDecodeTheRestOwesNothing) {
  stage.shake_hands(1s, kA, kC, false);
  stage.received(2s, kC, kA, have_all);
  stage.breaks(3s, kC, kA);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
  Stage other;
  other.begin("fast_only_if_negotiated", who({kA}));
  other.shake_hands(1s, kA, kC, false);
  other.received(2s, kC, kA, have_all);
  other.stopped(kA, 3s);
  EXPECT_EQ(other.conclude(60s).verdict, Verdict::held);
}

TEST_F(FastOnlyIfNegotiatedTest, IsVacuousWhenEveryConnectionHasIt) {
  stage.shake_hands(1s, kA, kB, true);
  stage.sent(2s, kA, kB, have_none);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
