#include "swarmsim/checks/interest_follows_selection.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// a wants pieces 0 and 1, and from a minute on 2 and 3 as well; b has only those.
class InterestFollowsSelectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    CheckArguments arguments = who({kA});
    arguments.set("first", std::uint64_t{0});
    arguments.set("last", std::uint64_t{1});
    arguments.set("at", Duration(60s));
    stage.begin("interest_follows_selection", std::move(arguments));
    stage.shake_hands(0s, kA, kB, true);
    stage.bitfield(1s, kB, kA, "30");
    stage.tells(2s, kB, kA, unchoke);
  }
  void time_passes(Duration at) { stage.received(at, kD, kA, have, 0); }
  Stage stage;
};

TEST_F(InterestFollowsSelectionTest, HoldsForWhoActsUponTheNewSelection) {
  EXPECT_FALSE(stage.is_ready(61s));
  stage.sent(61s, kA, kB, interested);
  stage.sent(62s, kA, kB, request, 2);
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "1 connections to peers with what was not wanted before, 1 of them to an only source");
}

TEST_F(InterestFollowsSelectionTest, SeesInterestThatIsNotThoughtOverAgain) {
  time_passes(70s);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::violated);
  EXPECT_EQ(stage.conclude(100s).summary, "a is not interested in b 5 s after it began to want what b has");
}

TEST_F(InterestFollowsSelectionTest, SeesThatTheOnlySourceIsNotAsked) {
  stage.sent(61s, kA, kB, interested);
  EXPECT_THAT(stage.conclude(100s).summary, HasSubstr("a has asked b for nothing 10 s after it began to want what only b has"));
}

TEST_F(InterestFollowsSelectionTest, SeesARequestForWhatIsNotWantedYet) {
  stage.sent(30s, kA, kB, request, 2);
  EXPECT_EQ(stage.conclude(100s).summary, "a asks for piece 2, which it does not want before 01:00.000");
}

TEST_F(InterestFollowsSelectionTest, IsVacuousWhenNobodyHadAnyOfIt) {
  stage.ended(kA, kB, 10s);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
