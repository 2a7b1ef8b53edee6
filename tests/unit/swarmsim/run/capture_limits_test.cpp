// What is taken back of the verdicts over real processes.
#include "swarmsim/run/capture_limits.hpp"

#include <gtest/gtest.h>

#include "protocol/assert.hpp"
#include "swarmsim/scenario/parse.hpp"

namespace swarmlab::swarmsim {
namespace {

Scenario a_story() {
  Diagnostics diagnostics;
  auto parsed = parse_scenario(R"(format: 1
scenario: A client is looked at
limit: 60 s
torrent: { size: 1 MiB }
peers:
  seed: { have: all }
  you:  { subject: true }
checks:
  - completes: { who: you }
  - request_bounds: { who: you }
  - writes_stay_inside: { who: you }
)", {}, diagnostics);
  SWARM_ASSERT(parsed.has_value(), diagnostics.empty() ? "" : diagnostics.sorted().front().what);
  return std::move(*parsed);
}

// A time measured, an order kept to and a folder left, after a run of a machine that did or did not keep up.
RunResult result_of(Verdict verdict, const std::string& rough, const std::string& invalid) {
  const Scenario story = a_story();
  RunResult result;
  std::vector<const CheckSpec*> checks;
  for (const CheckSpec& check : story.checks) {
    checks.push_back(&check);
    Judgement judgement;
    judgement.verdict = verdict;
    judgement.summary = "it did";
    judgement.story = {"10.0 s  it did"};
    result.checks.push_back({check.manual, check.who, judgement, "", check.at.line});
  }
  result.rough = rough;
  result.invalid = invalid;
  const RunFacts facts;
  const StreamsReport streams;
  restrict_lab_run(checks, {.facts = facts, .streams = streams, .knows_disks = true, .met_false_blocks = {}}, result);
  return result;
}

std::pair<Judgement, Judgement> left_of(Verdict verdict, const std::string& rough, const std::string& invalid) {
  const RunResult result = result_of(verdict, rough, invalid);
  return {result.checks[0].judgement, result.checks[1].judgement};
}

TEST(RestrictLabRun, AMachineThatKeptUpTakesNothingBack) {
  const auto [time, order] = left_of(Verdict::violated, "", "");
  EXPECT_EQ(time.verdict, Verdict::violated);
  EXPECT_EQ(order.verdict, Verdict::violated);
}

TEST(RestrictLabRun, AMachineThatDidNotKeepUpAccusesNobodyOfBeingLate) {
  const auto [time, order] = left_of(Verdict::violated, "the router was late", "");
  EXPECT_EQ(time.verdict, Verdict::undecided);
  EXPECT_EQ(time.summary, "it measures time, and the machine did not keep up");
  EXPECT_TRUE(time.story.empty());
  EXPECT_EQ(order.verdict, Verdict::violated);
  EXPECT_EQ(order.summary, "it did");
}

TEST(RestrictLabRun, WhatSomebodyWroteWhereverItMayNotIsNoMatterOfTime) {
  const RunResult result = result_of(Verdict::violated, "the router was late", "");
  EXPECT_EQ(result.checks[2].judgement.verdict, Verdict::violated);
}

TEST(RestrictLabRun, TellsWhetherAnAccusationWasTakenBack) {
  EXPECT_FALSE(result_of(Verdict::violated, "", "").took_back);
  EXPECT_FALSE(result_of(Verdict::held, "the router was late", "").took_back);
  EXPECT_TRUE(result_of(Verdict::violated, "the router was late", "").took_back);
}

TEST(RestrictLabRun, WhatHeldOnAMachineThatDidNotKeepUpHeld) {
  const auto [time, order] = left_of(Verdict::held, "the router was late", "");
  EXPECT_EQ(time.verdict, Verdict::held);
  EXPECT_EQ(order.verdict, Verdict::held);
}

TEST(RestrictLabRun, OfAnInvalidRunNothingCounts) {
  for (const Verdict verdict : {Verdict::held, Verdict::violated}) {
    const auto [time, order] = left_of(verdict, "the router was late", "the router was late");
    EXPECT_EQ(time.verdict, Verdict::undecided);
    EXPECT_EQ(order.verdict, Verdict::undecided);
    EXPECT_EQ(order.summary, "the run is invalid");
  }
}

}  // namespace
}  // namespace swarmlab::swarmsim
