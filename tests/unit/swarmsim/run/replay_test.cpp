// A stored trace is judged as its run was.
#include "swarmsim/run/replay.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "swarmsim/run/sim_run.hpp"
#include "swarmsim/scenario_files.hpp"
#include "tests/unit/swarmsim/run/stories.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

struct Recorded { RunResult result; std::string trace; };

Recorded record(const Scenario& scenario, std::uint64_t seed, std::optional<Duration> until = std::nullopt) {
  std::ostringstream trace;
  SimOptions options;
  options.seed = seed;
  options.until = until;
  options.trace = &trace;
  options.file = "a.yaml";
  RunResult result = run_in_virtual_time(scenario, options);
  return {std::move(result), trace.str()};
}

std::expected<RunResult, std::string> judged(const std::string& trace, std::vector<std::string> only = {}) {
  std::istringstream in(trace);
  auto reader = TraceReader::open(in, "t.jsonl");
  if (!reader) return std::unexpected(reader.error());
  return judge_trace(*reader, only);
}

void expect_same(const RunResult& live, const RunResult& again) {
  EXPECT_EQ(live.fingerprint, again.fingerprint);
  EXPECT_EQ(live.virtual_time, again.virtual_time);
  EXPECT_EQ(live.messages, again.messages);
  EXPECT_EQ(live.notes, again.notes);
  ASSERT_EQ(live.checks.size(), again.checks.size());
  for (std::size_t i = 0; i < live.checks.size(); ++i) {
    const Judgement& a = live.checks[i].judgement;
    const Judgement& b = again.checks[i].judgement;
    SCOPED_TRACE(live.checks[i].manual->name);
    EXPECT_EQ(live.checks[i].manual, again.checks[i].manual);
    EXPECT_EQ(live.checks[i].who, again.checks[i].who);
    EXPECT_EQ(to_string(a.verdict), to_string(b.verdict));
    EXPECT_EQ(a.measured, b.measured);
    EXPECT_EQ(a.limit, b.limit);
    EXPECT_EQ(a.summary, b.summary);
    EXPECT_EQ(a.story, b.story);
  }
}

void expect_judged_as_it_was(const Scenario& scenario, std::uint64_t seed, std::optional<Duration> until = std::nullopt) {
  const Recorded live = record(scenario, seed, until);
  const auto again = judged(live.trace);
  ASSERT_TRUE(again.has_value()) << again.error();
  expect_same(live.result, *again);
}

class StockScenarios : public ::testing::TestWithParam<std::string> {};

TEST_P(StockScenarios, AreJudgedFromTheirTracesAsLive) {
  const auto scenario = load_scenario(GetParam(), {});
  ASSERT_TRUE(scenario.has_value()) << scenario.error();
  expect_judged_as_it_was(**scenario, 1);
}

// What is for the night alone is too long for a test.
std::vector<std::string> stock_scenarios() {
  const std::vector<std::string> root{SWARMLAB_SCENARIOS};
  std::vector<std::string> files = find_scenarios(root).value();
  std::erase_if(files, [](const std::string& file) {
    const auto scenario = load_scenario(file, {});
    return scenario.has_value() && (*scenario)->tiers.nightly_alone;
  });
  return files;
}

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.substr(std::string_view(SWARMLAB_SCENARIOS).size());
  for (char& c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) c = '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Replay, StockScenarios, ::testing::ValuesIn(stock_scenarios()), test_name);

TEST(Replay, ViolationsAndTheirStoriesAreThoseOfTheRun) {
  expect_judged_as_it_was(a_story({{"limit", "1 s"}}), 3);
  expect_judged_as_it_was(a_story({{"timeline", "[ { at: 500 ms, stop: \"leech[0]\" } ]"}, {"limit", "1 min"}}), 3);
}

TEST(Replay, ARunThatWasCutShortIsJudgedAsSuch) { expect_judged_as_it_was(a_story(), 3, 1s); }

TEST(Replay, EveryTrackerAndRealBytesToo) {
  for (const char* kind : {"udp", "none"}) expect_judged_as_it_was(a_story({{"tracker.kind", kind}}), 3);
  expect_judged_as_it_was(a_story({{"content", "bytes"}}), 3);
}

TEST(Replay, ATraceChangesNothing) {
  const Scenario scenario = a_story();
  EXPECT_EQ(record(scenario, 3).result.fingerprint, run_in_virtual_time(scenario, {.seed = 3}).fingerprint);
}

TEST(Replay, JudgesBySomeChecksOnly) {
  const Recorded live = record(a_story(), 3);
  const auto one = judged(live.trace, {"completes"});
  ASSERT_TRUE(one.has_value()) << one.error();
  EXPECT_THAT(one->checks, SizeIs(1));
  EXPECT_THAT(judged(live.trace, {"complete"}).error(), HasSubstr("did you mean 'completes'?"));
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  SWARM_ASSERT(at != std::string::npos, what);
  return text.replace(at, what.size(), by);
}

TEST(Replay, SaysWhereATraceWasChanged) {
  const Recorded live = record(a_story(), 3);
  const auto changed = judged(replaced(live.trace, "\"m\":\"INTERESTED\"", "\"m\":\"NOT INTERESTED\""));
  ASSERT_TRUE(changed.has_value()) << changed.error();
  ASSERT_FALSE(changed->notes.empty());
  EXPECT_THAT(changed->notes.front(), HasSubstr("it was changed"));
  const auto other = judged(replaced(live.trace, "\"verdict\":\"held\"", "\"verdict\":\"vacuous\""));
  ASSERT_TRUE(other.has_value()) << other.error();
  EXPECT_THAT(other->notes, ElementsAre(HasSubstr("completes of leech is held by this trace; when it was written it was vacuous")));
}

TEST(Replay, RefusesATraceWhoseHeaderIsNotOfItsScenario) {
  const Recorded live = record(a_story(), 3);
  EXPECT_THAT(judged(replaced(live.trace, "leech:  { count: 3 }", "leech:  { count: 4 }")).error(),
              HasSubstr("not those of its scenario"));
  EXPECT_THAT(judged(replaced(live.trace, "\"joins\":0", "\"joins\":1")).error(), HasSubstr("joins at another time"));
  EXPECT_THAT(judged(replaced(live.trace, "\"has\":\"none\"", "\"has\":\"all\"")).error(), HasSubstr("has other pieces"));
  EXPECT_THAT(judged(replaced(live.trace, "format: 1", "format: 9")).error(), HasSubstr("is not valid: a.yaml:1:"));
}

TEST(Replay, RefusesATraceOfRealProcesses) {
  std::string trace = record(a_story(), 1).trace;
  trace.replace(trace.find("\"mode\":\"sim\""), 12, "\"mode\":\"lab\"");
  const auto result = judged(trace);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error(), HasSubstr("this trace is of real processes"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
