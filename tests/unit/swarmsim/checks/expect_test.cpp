#include "swarmsim/checks/expect.hpp"

#include <gmock/gmock.h>

#include "swarmsim/expect/parse_expectation.hpp"
#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

CheckArguments that(std::string_view text) {
  const auto expectation = parse_expectation(text, Cast({{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}}));
  EXPECT_TRUE(expectation.has_value()) << (expectation ? "" : expectation.error().what);
  CheckArguments arguments;
  arguments.set("that", std::make_shared<const Expectation>(*expectation));
  return arguments;
}

TEST(Expect, HoldsWithWhatWasMeasured) {
  Stage stage;
  stage.begin("expect", that("a.completed_at < 20 s"));
  EXPECT_FALSE(stage.is_ready(5s)) << "it may still complete";
  for (int piece = 0; piece < 4; ++piece) stage.whole_piece(13s, kB, kA, piece);
  EXPECT_TRUE(stage.is_ready(13s));
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "a.completed_at = 13 s");
  EXPECT_EQ(judgement.limit, "< 20 s");
}

TEST(Expect, IsViolatedByWhatCameTooLateOrNever) {
  Stage stage;
  stage.begin("expect", that("a.first_piece_at < 12 s"));
  stage.whole_piece(13s, kB, kA, 2);
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a.first_piece_at is 13 s; it should be < 12 s");
  EXPECT_THAT(judgement.story.back(), HasSubstr("look at: the optimistic slot"));
}

TEST(Expect, IsVacuousWhereThereIsNothingToCompare) {
  Stage stage;
  stage.begin("expect", that("a.completed_at > 12 s"));
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::vacuous);
}

TEST(Expect, IsUndecidedWhereTheRunWasEndedEarly) {
  Stage stage;
  stage.begin("expect", that("a.completed_at < 12 s"));
  EXPECT_EQ(stage.cut_short(30s).verdict, Verdict::undecided);
}

}  // namespace
}  // namespace swarmlab::swarmsim
