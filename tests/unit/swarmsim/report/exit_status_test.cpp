#include "swarmsim/report/exit_status.hpp"

#include <gtest/gtest.h>

#include "tests/unit/swarmsim/report/results.hpp"

namespace swarmlab::swarmsim {
namespace {

ExitStatus status(std::vector<std::vector<Verdict>> runs, std::vector<std::string> required = {}) {
  std::vector<RunResult> results;
  for (const auto& verdicts : runs) {
    std::vector<CheckResult> checks;
    for (const Verdict verdict : verdicts) checks.push_back(a_check(verdict));
    results.push_back(a_run(std::move(checks)));
  }
  return status_of(results, {}, required);
}

using enum Verdict;

TEST(ExitStatus, FollowsTheVerdicts) {
  EXPECT_EQ(status({{held, held}}), ExitStatus::held);
  EXPECT_EQ(status({{held, violated}}), ExitStatus::violated);
  EXPECT_EQ(status({{held, vacuous}}), ExitStatus::vacuous);
  EXPECT_EQ(status({{held, undecided}}), ExitStatus::held);
  EXPECT_EQ(status({{undecided, not_applicable}}), ExitStatus::vacuous) << "nothing was held or violated";
}

TEST(ExitStatus, AKnownViolationFailsNothing) {
  RunResult run = a_run({a_check(violated)});
  EXPECT_EQ(status_of(std::vector{run}, {}, {}), ExitStatus::violated);
  run.checks[0].known = "until 2027-03-31: soon";
  EXPECT_EQ(status_of(std::vector{run}, {}, {}), ExitStatus::held);
  run.checks.push_back(a_check(violated, "completes"));
  EXPECT_EQ(status_of(std::vector{run}, {}, {}), ExitStatus::violated) << "another check is news";
}

TEST(ExitStatus, TheWorstCauseOfSeveralRunsCounts) {
  EXPECT_EQ(status({{held}, {vacuous}, {violated}}), ExitStatus::violated);
  RunResult broken = a_run({a_check(violated)});
  broken.invalid = "the tracker could not start";
  EXPECT_EQ(status_of(std::vector{broken, a_run({a_check(violated)})}, {}, {}), ExitStatus::environment);
  EXPECT_EQ(worse(ExitStatus::usage, ExitStatus::environment), ExitStatus::usage);
}

TEST(ExitStatus, ARequiredCheckMustBeDecided) {
  EXPECT_EQ(status({{held, undecided}}, {"bans"}), ExitStatus::violated);
  EXPECT_EQ(status({{held, undecided}}, {"completes"}), ExitStatus::held);
}

TEST(ExitStatus, CountsWhatRunsComeToTogether) {
  const std::vector fine{a_run({a_check(Verdict::held)})};
  const auto status = [&](Verdict verdict, std::vector<std::string> required = {}) {
    return status_of(fine, std::vector{over_seeds({a_check(verdict, "expect")})}, required);
  };
  EXPECT_EQ(status(Verdict::held), ExitStatus::held);
  EXPECT_EQ(status(Verdict::violated), ExitStatus::violated);
  EXPECT_EQ(status(Verdict::vacuous), ExitStatus::vacuous);
  EXPECT_EQ(status(Verdict::undecided), ExitStatus::held);
  EXPECT_EQ(status(Verdict::undecided, {"expect"}), ExitStatus::violated);
}

TEST(ExitStatus, ToGitBisectEverythingButHeldAndViolatedIsAVersionToSkip) {
  const auto status = [](std::vector<Verdict> verdicts, std::vector<std::string> required = {}) {
    std::vector<CheckResult> checks;
    for (const Verdict verdict : verdicts) checks.push_back(a_check(verdict));
    return status_for_bisect(std::vector{a_run(std::move(checks))}, {}, required);
  };
  EXPECT_EQ(status({held}), ExitStatus::held);
  EXPECT_EQ(status({held, violated}), ExitStatus::violated);
  EXPECT_EQ(status({vacuous, violated}), ExitStatus::violated) << "one violation is enough";
  EXPECT_EQ(status({held, vacuous}), ExitStatus::not_judged);
  EXPECT_EQ(status({undecided}), ExitStatus::not_judged);
  EXPECT_EQ(status({held, undecided}, {"bans"}), ExitStatus::not_judged) << "what was required came to no verdict";
  RunResult broken = a_run({});
  broken.invalid = "no memory";
  EXPECT_EQ(status_for_bisect(std::vector{broken}, {}, {}), ExitStatus::not_judged);
  EXPECT_EQ(status_for_bisect(std::vector{broken, a_run({a_check(violated)})}, {}, {}), ExitStatus::violated);
  EXPECT_EQ(static_cast<int>(ExitStatus::not_judged), 125);
}

}  // namespace
}  // namespace swarmlab::swarmsim
