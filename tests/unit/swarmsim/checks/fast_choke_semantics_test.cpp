#include "swarmsim/checks/fast_choke_semantics.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// a has asked b for a block when b chokes.
class FastChokeSemanticsTest : public ::testing::Test {
 protected:
  void SetUp() override { begin(stage, true); }
  static void begin(Stage& stage, bool fast) {
    stage.begin("fast_choke_semantics", who({kA}));
    stage.shake_hands(0s, kA, kB, fast);
    stage.tells(1s, kB, kA, unchoke);
    stage.sent(2s, kA, kB, request, 3, 1);
    stage.tells(3s, kB, kA, choke);
  }
  Stage stage;
};

TEST_F(FastChokeSemanticsTest, HoldsWhenTheRequestIsRepeatedAfterItsReject) {
  stage.tells(4s, kB, kA, unchoke);
  stage.received(5s, kB, kA, reject, 3, 1);
  stage.sent(6s, kA, kB, request, 3, 1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 1 requests open at a Choke were treated as void; 0 delivered after it, 1 rejected");
}

TEST_F(FastChokeSemanticsTest, IsViolatedWhenItIsRepeatedBefore) {
  stage.tells(4s, kB, kA, unchoke);
  stage.sent(5s, kA, kB, request, 3, 1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a repeats a request to b that a Choke left open and nobody rejected");
  EXPECT_EQ(judgement.story[1], "00:03.000  b -> a  CHOKE received; with Fast it cancels nothing");
}

TEST_F(FastChokeSemanticsTest, IsViolatedWhenABlockThatComesAfterAllIsThrownAway) {
  stage.received(4s, kB, kA, piece, 3, 1);
  stage.sent(5s, kA, kC, request, 3, 1);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("a threw away a block that b delivered after its Choke"));
}

TEST_F(FastChokeSemanticsTest, APieceThatFailedMayBeFetchedAgain) {
  stage.sent(3s, kA, kC, request, 3, 0);
  stage.received(4s, kB, kA, piece, 3, 1);
  stage.received(4s, kC, kA, piece, 3, 0, Authentic::no);
  stage.sent(5s, kA, kC, request, 3, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(FastChokeSemanticsTest, IsVacuousWithoutFast) {
  Stage plain;
  begin(plain, false);
  EXPECT_EQ(plain.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
