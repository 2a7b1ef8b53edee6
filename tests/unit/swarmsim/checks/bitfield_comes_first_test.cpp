#include "swarmsim/checks/bitfield_comes_first.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

class BitfieldComesFirstTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("bitfield_comes_first", who({kA})); }
  Stage stage;
};

TEST_F(BitfieldComesFirstTest, HoldsWhenItStandsBehindTheHandshake) {
  for (const bool fast : {true, false}) {
    stage.shake_hands(1s, kA, kB, fast);
    stage.sent(1s, kA, kB, extended);
    stage.bitfield(1s, kA, kB, "00");
    stage.sent(1s, kA, kB, interested);
  }
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 2 openings");
}

TEST_F(BitfieldComesFirstTest, IsViolatedWhenItComesBehindAnotherMessage) {
  stage.shake_hands(1s, kA, kB, false);
  stage.sent(2s, kA, kB, unchoke);
  stage.bitfield(3s, kA, kB, "00");
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a tells what it has after another message, to b");
  EXPECT_EQ(judgement.story[0], "00:02.000  a -> b  UNCHOKE is its first message after the handshake");
}

TEST_F(BitfieldComesFirstTest, IsViolatedByASecondOne) {
  stage.shake_hands(1s, kA, kB, true);
  stage.sent(1s, kA, kB, have_none);
  stage.bitfield(2s, kA, kB, "80");
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("tells twice what it has"));
}

TEST_F(BitfieldComesFirstTest, WithoutFastItMayBeLeftOutWithFastItMayNot) {
  stage.shake_hands(1s, kA, kB, false);
  stage.sent(2s, kA, kB, interested);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
  stage.shake_hands(1s, kA, kC, true);
  stage.sent(2s, kA, kC, interested);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("sends none of Bitfield, Have All and Have None"));
}

TEST_F(BitfieldComesFirstTest, IsVacuousWhenNobodySpeaks) {
  stage.shake_hands(1s, kA, kB, true);
  stage.sent(2s, kB, kA, unchoke);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
