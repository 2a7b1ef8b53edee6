// Expectations over seeds: judged once per scenario, when all its runs of an invocation are over.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "swarmsim/checks/judge.hpp"
#include "swarmsim/run/run_result.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

// What the run that `judge` saw contributes; it was told beforehand to measure each.
std::vector<OverSeedsSample> samples_over_seeds(const Scenario& scenario, const RunFacts& facts, Judge& judge, Time end);

// What the runs of one scenario come to together.
struct OverSeedsResult {
  std::string scenario;              // the title
  std::string file;
  SeedRange seeds;                   // the first and the last that ran
  std::vector<CheckResult> checks;   // one per expectation
  std::string again;                 // the command that repeats them
};

// One result per scenario that has such expectations, in the order of the runs.  Undecided where fewer seeds ran than the
// scenario states, or where a run was invalid or ended early.
std::vector<OverSeedsResult> judge_over_seeds(std::span<const RunResult> runs,
                                              const std::function<std::string(const OverSeedsResult&)>& again);

}  // namespace swarmlab::swarmsim
