// A stored trace is judged as its run was.
#include "swarmsim/run/replay.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <sstream>

#include "swarmsim/run/declared_facts.hpp"
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

// The trace of a run as lab mode would have written it, had a client played leech[0].
std::string as_of_real_processes(const std::string& trace, const std::string& client) {
  const std::string lab = replaced(trace, "\"mode\":\"sim\"", "\"mode\":\"lab\",\"network\":\"namespaces\",\"client\":\"other\"");
  return replaced(lab, "{\"name\":\"leech[0]\"", "{\"client\":" + client + ",\"name\":\"leech[0]\"");
}

TEST(Replay, WhatAClientIsKnownForComesFromTheHeader) {
  const std::string trace = record(a_story({{"checks", "[ { upload_slots: { who: \"leech[0]\" } } ]"}}), 1).trace;
  const auto unknown = judged(as_of_real_processes(trace, R"({"speaks":[],"declares":{}})"));
  ASSERT_TRUE(unknown.has_value()) << unknown.error();
  EXPECT_EQ(unknown->mode, "lab");
  EXPECT_EQ(unknown->client, "other");
  EXPECT_EQ(unknown->checks.front().judgement.verdict, Verdict::not_applicable);

  const PeerFacts ours = declared_facts(a_story(), 1).peers[a_story().cast.select("leech[0]")->front().value()];
  std::string declares;
  for (const auto& [name, number] : declarations_of(ours).declares)
    declares += fmt::format("{}\"{}\":{}", declares.empty() ? "" : ",", name, number);
  const auto known = judged(as_of_real_processes(trace, R"({"speaks":["fast"],"declares":{)" + declares + "}}"));
  ASSERT_TRUE(known.has_value()) << known.error();
  EXPECT_NE(known->checks.front().judgement.verdict, Verdict::not_applicable);
}

TEST(Replay, RefusesATraceOfProcessesThatKnewEachOtherByOtherAddresses) {
  const std::string lab = as_of_real_processes(record(a_story(), 1).trace, R"({"speaks":[],"declares":{}})");
  EXPECT_THAT(judged(replaced(lab, "\"namespaces\"", "\"relays\"")).error(), HasSubstr("of real processes on loopback"));
}

TEST(Replay, RefusesDeclarationsThatNobodyCanMake) {
  const std::string trace = record(a_story(), 1).trace;
  const auto refused = [&](const std::string& client) { return judged(as_of_real_processes(trace, client)).error(); };
  EXPECT_THAT(refused(R"({"speaks":["latin"],"declares":{}})"), HasSubstr("'latin', which nobody knows"));
  EXPECT_THAT(refused(R"({"speaks":[],"declares":{"upload_slot":4}})"), HasSubstr("'upload_slots'"));
  EXPECT_THAT(refused(R"({"speaks":[],"declares":{"tit_for_tat":2}})"), HasSubstr("0 to 1 is possible"));
  EXPECT_THAT(refused(R"({"speaks":[],"declares":{"max_peers":-1}})"), HasSubstr("no number under max_peers"));
  EXPECT_THAT(refused(R"({"speaks":[]})"), HasSubstr("declares"));
}

TEST(Replay, WhatNobodyCouldReadOfRealPeersIsUndecidedAgain) {
  const Recorded live = record(a_story(), 3);
  const std::string lab = as_of_real_processes(live.trace, R"({"speaks":[],"declares":{}})");
  const std::string unread = replaced(lab, "\"invalid\":\"\"", R"("unread":[{},{},{"encrypted":2},{"encrypted":2},{},{}],"invalid":"")");
  const auto result = judged(unread);
  ASSERT_TRUE(result.has_value()) << result.error();
  EXPECT_EQ(result->checks.front().judgement.verdict, Verdict::undecided);
  EXPECT_THAT(result->checks.front().judgement.summary, HasSubstr("2 encrypted"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
