#include "swarmsim/checks/lost_pieces_are_served.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

// "b" was complete and comes back with the first two pieces; "a" has completed meanwhile and seeds.
class LostPiecesAreServedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.facts.peers[0].has_at_start.set_all();
    stage.begin("lost_pieces_are_served", who({kA}));
    stage.stopped(kB, 10s);
    stage.ended(kB, kA, 10s);
    stage.restarted(kB, 20s, "c0");
    stage.open(kB, 21s);
  }
  Stage stage;
};

TEST_F(LostPiecesAreServedTest, HoldsWhenItGetsABlock) {
  stage.received(22s, kB, kA, interested);
  stage.sent(23s, kA, kB, piece, 2);
  const Judgement judgement = stage.conclude(90s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 served, slowest first block after 1 s");
}

TEST_F(LostPiecesAreServedTest, IsViolatedWhenItIsTakenForASeedForEver) {
  stage.received(22s, kB, kA, interested);
  const Judgement judgement = stage.conclude(90s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a sends b no block within 25 s of its Interested (it came back with 2 of its pieces lost)");
}

TEST_F(LostPiecesAreServedTest, IsVacuousWhenItNeverAsks) { EXPECT_EQ(stage.conclude(90s).verdict, Verdict::vacuous); }

TEST(LostPiecesAreServed, IsVacuousForWhoWasNeverComplete) {
  Stage stage;
  stage.facts.peers[1].has_at_start.set_all();
  stage.begin("lost_pieces_are_served", who({kB}));
  stage.stopped(kA, 10s);
  stage.ended(kA, kB, 10s);
  stage.restarted(kA, 20s, "c0");
  stage.open(kB, 21s);
  stage.received(22s, kA, kB, interested);
  EXPECT_EQ(stage.conclude(90s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
