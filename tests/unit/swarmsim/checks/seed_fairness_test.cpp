#include "swarmsim/checks/seed_fairness.hpp"

#include <gmock/gmock.h>

#include <array>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

constexpr std::array kAll{kB, kC, kD};

class SeedFairnessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.facts.peers[0].upload_slots = 1;
    stage.facts.peers[0].has_at_start.set_all();
    CheckArguments arguments = who({kA});
    arguments.set("among", std::vector<HostId>{kB, kC, kD});
    stage.begin("seed_fairness", std::move(arguments));
    for (const HostId peer : kAll) stage.received(0s, peer, kA, interested);
  }
  void turn(HostId peer, Duration length) {
    stage.sent(now, kA, peer, unchoke);
    now += length;
    stage.sent(now, kA, peer, choke);
  }
  Stage stage;
  Duration now{};
};

TEST_F(SeedFairnessTest, HoldsWhereTurnsGoRound) {
  for (int i = 0; i < 36; ++i) turn(kAll[static_cast<std::size_t>(i) % 3], 30s);
  const Judgement judgement = stage.conclude(now);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "shares from 6 min (b) to 6 min (d) where 6 min is fair, longest wait 1 min");
}

TEST_F(SeedFairnessTest, IsViolatedWhereTheTurnNeverEnds) {
  turn(kB, 1100s);
  const Judgement judgement = stage.conclude(now);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_THAT(judgement.summary, HasSubstr("a served c for 0 ns of 18 min 20 s, less than half of a fair share"));
}

TEST_F(SeedFairnessTest, IsViolatedByASlotThatAPeerOwns) {
  for (int i = 0; i < 12; ++i) {
    turn(kB, 70s);
    turn(i % 2 == 0 ? kC : kD, 30s);
  }
  EXPECT_THAT(stage.conclude(now).summary, HasSubstr("a served c for 3 min of 20 min, less than half of a fair share"));
}

TEST_F(SeedFairnessTest, IsViolatedByAWaitLongerThanEverybodysTurn) {
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < 5; ++j) {   // b and c at first, then d for as long as it takes to be even
      turn(kB, 30s);
      turn(kC, 30s);
    }
    turn(kD, 150s);
  }
  stage.sent(now, kA, kD, unchoke);
  EXPECT_THAT(stage.conclude(now + 60s).summary, HasSubstr("a let d wait for 5 min"));
}

TEST_F(SeedFairnessTest, IsVacuousAfterTooShortATime) {
  turn(kB, 300s);
  EXPECT_FALSE(stage.is_ready(now));
  EXPECT_EQ(stage.conclude(now).verdict, Verdict::vacuous);
}

TEST_F(SeedFairnessTest, CountsOnlyTheTimeInWhichAllCompete) {
  for (int i = 0; i < 36; ++i) turn(kAll[static_cast<std::size_t>(i) % 3], 30s);
  stage.received(now, kC, kA, not_interested);
  turn(kB, 2000s);
  EXPECT_EQ(stage.conclude(now).verdict, Verdict::held);
}

}  // namespace
}  // namespace swarmlab::swarmsim
