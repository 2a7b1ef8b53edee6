#include "swarmsim/run/over_seeds.hpp"

#include <gmock/gmock.h>

#include "swarmsim/checks/expect.hpp"
#include "swarmsim/run/sim_run.hpp"
#include "tests/unit/swarmsim/run/stories.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Scenario story(std::string_view claim) {
  return a_story({{"seeds", "1..3"}, {"checks.0", std::string("{ expect: \"") + std::string(claim) + "\" }"}});
}

std::vector<RunResult> runs_of(const Scenario& scenario, std::uint64_t seeds, std::optional<Duration> until = std::nullopt) {
  std::vector<RunResult> runs;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SimOptions options;
    options.seed = seed;
    options.until = until;
    runs.push_back(run_in_virtual_time(scenario, options));
    runs.back().file = "s.yaml";
  }
  return runs;
}

Judgement judged(const std::vector<RunResult>& runs) {
  const auto results = judge_over_seeds(runs, [](const OverSeedsResult& result) {
    return "seeds " + std::to_string(result.seeds.first) + " to " + std::to_string(result.seeds.last);
  });
  EXPECT_THAT(results, SizeIs(1));
  EXPECT_EQ(results.front().checks.front().manual, &kExpect);
  EXPECT_EQ(results.front().again, "seeds 1 to " + std::to_string(runs.size()));
  return results.front().checks.front().judgement;
}

TEST(OverSeeds, IsJudgedOnceForAllRuns) {
  const auto runs = runs_of(story("median(over_seeds(max(leech.download_time))) < 5 min"), 3);
  EXPECT_THAT(runs.front().checks, SizeIs(2)) << "no check of the single run";
  const Judgement judgement = judged(runs);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_THAT(judgement.measured, HasSubstr(" s over 3 seeds"));
}

TEST(OverSeeds, IsViolatedAndTellsWhichSeedsWereTheWorst) {
  const Judgement judgement = judged(runs_of(story("median(over_seeds(max(leech.download_time))) < 1 ms"), 3));
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_THAT(judgement.story.front(), HasSubstr("seed "));
}

TEST(OverSeeds, IsUndecidedWhereTooLittleRan) {
  const Scenario scenario = story("median(over_seeds(max(leech.download_time))) < 5 min");
  const Judgement few = judged(runs_of(scenario, 2));
  EXPECT_EQ(few.verdict, Verdict::undecided);
  EXPECT_EQ(few.summary, "2 seeds ran, and the scenario makes this claim over 3");
  EXPECT_THAT(judged(runs_of(scenario, 3, 1s)).summary, HasSubstr("ended early"));
}

TEST(OverSeeds, SaysNothingOfScenariosWithoutSuchClaims) {
  EXPECT_THAT(judge_over_seeds(runs_of(a_story(), 1), [](const OverSeedsResult&) { return ""; }), IsEmpty());
}

}  // namespace
}  // namespace swarmlab::swarmsim
