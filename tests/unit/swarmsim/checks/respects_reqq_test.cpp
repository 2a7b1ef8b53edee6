#include "swarmsim/checks/respects_reqq.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/extension_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// b (connection 0) keeps two requests, and unchokes.
class RespectsReqqTest : public ::testing::Test {
 protected:
  static constexpr Direction kFromA = ExtensionStage::kFromA;
  static constexpr Direction kToA = ExtensionStage::kToA;

  void begin(std::optional<std::uint32_t> reqq = 2, CheckArguments arguments = who({kA})) {
    stage.begin("respects_reqq", std::move(arguments));
    stage.greet_extended(1s, 0, kToA, {.request_queue = reqq});
    stage.say(1s, 0, kToA, unchoke);
  }
  void ask(Duration at, std::uint32_t piece, MessageKind kind = request) { stage.say(at, 0, kFromA, kind, piece); }
  ExtensionStage stage;
};

TEST_F(RespectsReqqTest, HoldsWhereNoMoreAreOpenThanFit) {
  begin();
  ask(2s, 0);
  ask(2s, 1);
  stage.say(3s, 0, kToA, piece, 0);
  ask(3s, 2);
  const Judgement judgement = stage.conclude(9s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 3 requests; 2 open at most, where 2 may be");
}

TEST_F(RespectsReqqTest, IsViolatedByOneTooMany) {
  begin();
  for (const std::uint32_t number : {0u, 1u, 2u}) ask(2s, number);
  const Judgement judgement = stage.conclude(9s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a has 3 requests open at b, which keeps 2");
  EXPECT_EQ(judgement.story.front(), "00:01.000  b has told a \"reqq\": 2");
  EXPECT_THAT(judgement.story[2], HasSubstr("REQUEST piece 2"));
}

TEST_F(RespectsReqqTest, WhatIsCancelledRejectedOrVoidedByAChokeIsNotOpen) {
  begin();
  ask(2s, 0);
  ask(2s, 1);
  ask(3s, 0, cancel);
  ask(3s, 2);
  stage.say(4s, 0, kToA, reject, 2);
  ask(4s, 3);
  stage.say(5s, 0, kToA, choke);
  stage.say(6s, 0, kToA, unchoke);
  ask(7s, 0);
  ask(7s, 1);
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::held);
}

TEST_F(RespectsReqqTest, WhatWasAskedBeforeTheWordCameIsNoFault) {
  stage.begin("respects_reqq", who({kA}));
  stage.say(1s, 0, kToA, unchoke);
  for (const std::uint32_t number : {0u, 1u, 2u}) ask(2s, number);
  stage.greet_extended(2s, 0, kToA, {.request_queue = 2});
  ask(2s, 3);   // decided at that very moment
  EXPECT_NE(stage.conclude(9s).verdict, Verdict::violated);
}

TEST_F(RespectsReqqTest, OfWhoSaysNothingAsManyAsTheScenarioSays) {
  CheckArguments arguments = who({kA});
  arguments.set("unsaid", std::uint64_t{1});
  begin({}, std::move(arguments));
  ask(2s, 0);
  ask(2s, 1);
  EXPECT_THAT(stage.conclude(9s).story, ::testing::Contains("b has told a no \"reqq\"; 1 are assumed"));
}

TEST_F(RespectsReqqTest, NoneAtAllMeansOneAtATime) {
  begin(0);
  ask(2s, 0);
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::held);
}

TEST_F(RespectsReqqTest, IsVacuousWhereTheLimitNeverMattered) {
  begin(250);
  ask(2s, 0);
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
