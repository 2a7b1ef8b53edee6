#include "swarmsim/run/over_seeds.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/expect.hpp"

namespace swarmlab::swarmsim {
namespace {

CheckResult judge(const Expectation& expectation, std::span<const RunResult* const> runs, std::size_t which) {
  SeedOperands operands(expectation);
  std::string doubt;
  std::vector<std::uint64_t> seeds;
  for (const RunResult* run : runs) {
    if (!run->invalid.empty() && doubt.empty()) doubt = fmt::format("the run of seed {} is invalid", run->seed);
    if (run->was_cut_short && doubt.empty()) doubt = "the runs were ended early, so no metric had its final value";
    if (std::ranges::find(seeds, run->seed) != seeds.end()) continue;   // the same run again says nothing more
    seeds.push_back(run->seed);
    operands.add(run->seed, run->over_seeds[which].samples);
  }
  CheckResult result{&kExpect, expectation.who, judge_expectation(expectation, operands), "", expectation.line};
  Judgement& judgement = result.judgement;
  judgement.measured += fmt::format(" over {}", counted(seeds.size(), "seed"));
  if (seeds.size() < expectation.seeds_stated)
    doubt = fmt::format("{} ran, and the scenario makes this claim over {}", counted(seeds.size(), "seed"), expectation.seeds_stated);
  if (doubt.empty()) return result;
  judgement.verdict = Verdict::undecided;
  judgement.summary = doubt;
  judgement.story.clear();
  return result;
}

}  // namespace

std::vector<OverSeedsSample> samples_over_seeds(const Scenario& scenario, const RunFacts& facts, Judge& judge, Time end) {
  const RunOperands operands(facts, judge.measurements(), end);
  std::vector<OverSeedsSample> samples;
  for (const auto& expectation : scenario.over_seeds) samples.push_back({expectation, samples_of(*expectation, operands)});
  return samples;
}

std::vector<OverSeedsResult> judge_over_seeds(std::span<const RunResult> runs,
                                              const std::function<std::string(const OverSeedsResult&)>& again) {
  std::vector<OverSeedsResult> results;
  std::vector<bool> is_done(runs.size(), false);
  for (std::size_t first = 0; first < runs.size(); ++first) {
    if (is_done[first] || runs[first].over_seeds.empty()) continue;
    std::vector<const RunResult*> same;
    for (std::size_t i = first; i < runs.size(); ++i) {
      if (runs[i].file != runs[first].file || runs[i].scenario != runs[first].scenario ||
          runs[i].over_seeds.size() != runs[first].over_seeds.size())
        continue;
      is_done[i] = true;
      same.push_back(&runs[i]);
    }
    OverSeedsResult& result = results.emplace_back();
    result.scenario = runs[first].scenario;
    result.file = runs[first].file;
    const auto [least, most] = std::ranges::minmax(same, {}, &RunResult::seed);
    result.seeds = {least->seed, most->seed};
    for (std::size_t i = 0; i < runs[first].over_seeds.size(); ++i)
      result.checks.push_back(judge(*runs[first].over_seeds[i].expectation, same, i));
    result.again = again(result);
  }
  return results;
}

}  // namespace swarmlab::swarmsim
