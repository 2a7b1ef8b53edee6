#include "swarmsim/checks/optimistic_rotation.hpp"

#include <gmock/gmock.h>

#include <array>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

constexpr std::array kAll{kB, kC, kD};

class OptimisticRotationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.facts.peers[0].upload_slots = 1;
    CheckArguments arguments = who({kA});
    arguments.set("among", std::vector<HostId>{kB, kC, kD});
    stage.begin("optimistic_rotation", std::move(arguments));
    for (const HostId peer : kAll) stage.received(1s, peer, kA, interested);
  }
  // The slot's holders, one after another, each for 30 s.
  template <class Next>
  void rotate(int turns, Next next) {
    HostId holder = kA;
    for (int turn = 0; turn < turns; ++turn) {
      now += 30s;
      const HostId winner = next(turn);
      if (winner == holder) continue;
      if (holder != kA) stage.sent(now, kA, holder, choke);
      stage.sent(now, kA, winner, unchoke);
      holder = winner;
    }
  }
  Stage stage;
  Duration now = 60s;
};

TEST_F(OptimisticRotationTest, HoldsWhereEverybodyGetsItsTurn) {
  rotate(60, [](int turn) { return kAll[static_cast<std::size_t>(turn) % 3]; });
  EXPECT_TRUE(stage.is_ready(now));
  const Judgement judgement = stage.conclude(now);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "59 draws among up to 3; longest bad luck 2 draws");
}

TEST_F(OptimisticRotationTest, IsViolatedWhereOnePeerIsNeverDrawn) {
  rotate(60, [](int turn) { return turn % 2 == 0 ? kB : kC; });
  const Judgement judgement = stage.conclude(now);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_THAT(judgement.summary, HasSubstr("a gave its optimistic slot 59 times to others while d waited"));
}

TEST_F(OptimisticRotationTest, IsViolatedWhereTheSlotStaysWithOnePeer) {
  rotate(60, [](int turn) { return turn < 3 ? kC : kB; });
  const Judgement judgement = stage.conclude(now);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_THAT(judgement.summary, HasSubstr("a left its optimistic slot with b for 28 min"));
}

TEST_F(OptimisticRotationTest, AllowsALotteryToDrawTheSameAgain) {
  rotate(90, [](int turn) { return kAll[static_cast<std::size_t>(turn) / 3 % 3]; });
  EXPECT_NE(stage.conclude(now).verdict, Verdict::violated);
}

TEST_F(OptimisticRotationTest, LeavesOutWhoGaveSomething) {
  stage.received(50s, kB, kA, piece);
  rotate(60, [](int) { return kB; });
  EXPECT_EQ(stage.conclude(now).verdict, Verdict::vacuous);
}

TEST_F(OptimisticRotationTest, IsViolatedWhereOthersHoldAllSlotsForTooLong) {
  stage.facts.peers[0].upload_slots = 2;
  stage.received(50s, kB, kA, piece);   // a partner
  rotate(60, [](int) { return kB; });
  const Judgement judgement = stage.conclude(now);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_THAT(judgement.summary, HasSubstr("a left all its slots with others for 29 min 30 s while d waited"));
}

TEST_F(OptimisticRotationTest, AllowsThatChancePrefersPartnersForAWhile) {
  stage.facts.peers[0].upload_slots = 2;
  stage.received(50s, kB, kA, piece);
  rotate(80, [](int turn) { return turn % 9 == 8 ? kAll[1 + static_cast<std::size_t>(turn) % 2] : kB; });
  EXPECT_NE(stage.conclude(now).verdict, Verdict::violated);
}

TEST_F(OptimisticRotationTest, IsVacuousAfterTooFewDraws) {
  rotate(10, [](int turn) { return turn % 2 == 0 ? kB : kC; });
  EXPECT_FALSE(stage.is_ready(now));
  EXPECT_EQ(stage.conclude(now).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
