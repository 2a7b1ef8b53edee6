#include "swarmsim/report/seed_summary.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/report/results.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

RunResult of_seed(std::uint64_t seed, Number slowest, Verdict verdict = Verdict::held) {
  CheckResult check = a_check(verdict, "completes");
  check.judgement.number = MeasuredNumber{"slowest", slowest, Unit::time};
  RunResult run = a_run({check});
  run.seed = seed;
  run.again = "swarmsim run s.yaml --seed " + std::to_string(seed);
  return run;
}

std::vector<RunResult> twenty_runs() {
  std::vector<RunResult> runs;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) runs.push_back(of_seed(seed, Number::of(Duration(1s) * static_cast<int>(seed))));
  return runs;
}

TEST(SeedSummary, SaysHowTheNumbersAreSpread) {
  const auto summaries = summarise_seeds(twenty_runs());
  ASSERT_THAT(summaries, SizeIs(1));
  const Distribution& slowest = summaries[0].distributions.at(0);
  EXPECT_EQ(slowest.of, "completes of leech: slowest");
  EXPECT_EQ(slowest.min, Number::of(Duration(1s)));
  EXPECT_EQ(slowest.median, Number::of(Duration(10s)));
  EXPECT_EQ(slowest.p95, Number::of(Duration(19s)));
  EXPECT_EQ(slowest.max, Number::of(Duration(20s)));
  EXPECT_THAT(summaries[0].distributions, SizeIs(3)) << "virtual and real time, too";
}

TEST(SeedSummary, OfRealProcessesTheTimeIsThatOfTheirNetwork) {
  std::vector<RunResult> runs = twenty_runs();
  EXPECT_EQ(summarise_seeds(runs)[0].distributions.at(1).of, "virtual time");
  for (RunResult& run : runs) run.mode = "lab";
  EXPECT_EQ(summarise_seeds(runs)[0].distributions.at(1).of, "network time");
}

TEST(SeedSummary, NamesTheFirstSeedThatFailedAndItsShare) {
  auto runs = twenty_runs();
  runs[6] = of_seed(7, Number::never(), Verdict::violated);
  runs[8] = of_seed(9, Number::never(), Verdict::violated);
  const auto summaries = summarise_seeds(runs);
  const std::string text = describe_seeds(summaries.at(0), Colours::off);
  EXPECT_THAT(text, HasSubstr("s.yaml seeds 1..20: 18 held, 2 violated (10 %)\n"));
  EXPECT_THAT(text, HasSubstr("first violated: swarmsim run s.yaml --seed 7\n"));
  EXPECT_THAT(text, HasSubstr("  completes of leech: slowest     1 s    12 s   never   never\n"));
}

TEST(SeedSummary, OneRunIsNoDistribution) {
  EXPECT_THAT(summarise_seeds(std::vector{of_seed(1, Number{})}), IsEmpty());
  EXPECT_THAT(summarise_seeds(std::vector{of_seed(1, Number{}), of_seed(1, Number{})}), IsEmpty()) << "the same seed again";
}

TEST(SeedSummary, WhatAnInvalidOrUndecidedRunMeasuredDoesNotCount) {
  auto runs = twenty_runs();
  runs[19].invalid = "the emulator could not keep up";
  runs[18].checks[0].judgement.verdict = Verdict::undecided;
  const auto summaries = summarise_seeds(runs);
  EXPECT_EQ(summaries.at(0).distributions.at(0).max, Number::of(Duration(18s)));
  EXPECT_THAT(describe_seeds(summaries[0], Colours::off), HasSubstr("18 held, 1 vacuous, 1 invalid"));
}

TEST(SeedSummary, ChecksWithoutANumberHaveNoRow) {
  std::vector<RunResult> runs{a_run({a_check(Verdict::held)}), a_run({a_check(Verdict::held)})};
  runs[1].seed = 8;
  EXPECT_THAT(describe_seeds(summarise_seeds(runs).at(0), Colours::off), Not(HasSubstr("bans")));
}

TEST(SeedSummary, IsShortHoweverManyChecksThereAre) {
  auto runs = twenty_runs();
  for (RunResult& run : runs)
    for (int i = 0; i < 20; ++i) run.checks.push_back(run.checks.front());
  const std::string text = describe_seeds(summarise_seeds(runs).at(0), Colours::off);
  EXPECT_LE(std::ranges::count(text, '\n'), 11);
  EXPECT_THAT(text, HasSubstr("real time"));
}

TEST(SeedSummary, EachScenarioHasItsOwn) {
  auto runs = twenty_runs();
  for (std::size_t i = 10; i < 20; ++i) runs[i].file = "t.yaml";
  EXPECT_THAT(summarise_seeds(runs), SizeIs(2));
}

}  // namespace
}  // namespace swarmlab::swarmsim
