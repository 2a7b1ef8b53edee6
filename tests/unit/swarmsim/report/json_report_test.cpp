#include "swarmsim/report/json_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/swarmsim/report/results.hpp"

namespace swarmlab::swarmsim {
namespace {

TEST(JsonReport, HasTheFieldsOthersRelyOn) {
  const auto json = nlohmann::json::parse(json_report(std::vector{a_run({a_check(Verdict::violated)})}, {}, ExitStatus::violated));
  EXPECT_EQ(json["exit"], 1);
  const auto& run = json["runs"][0];
  EXPECT_EQ(run["scenario"], "A story");
  EXPECT_EQ(run["file"], "s.yaml");
  EXPECT_EQ(run["seed"], 7);
  EXPECT_EQ(run["mode"], "sim");
  EXPECT_EQ(run["fingerprint"], "0000000000000abc");
  EXPECT_EQ(run["virtual_s"], 90.0);
  EXPECT_EQ(run["wall_s"], 0.25);
  EXPECT_EQ(run["verdict"], "violated");
  const auto& check = run["checks"][0];
  EXPECT_EQ(check["check"], "bans");
  EXPECT_EQ(check["who"], "leech");
  EXPECT_EQ(check["verdict"], "violated");
  EXPECT_EQ(check["measured"], "3 proofs");
  EXPECT_EQ(check["limit"], "2 min");
  EXPECT_EQ(check["story"].size(), 2u);
  EXPECT_EQ(check["again"], "swarmsim run s.yaml --seed 7");
}

TEST(JsonReport, SaysWhenEachPeerHadEverything) {
  RunResult run = a_run({});
  run.completions = {{"leech[0]", kStart + 5s, kStart + 65s}, {"leech[1]", kStart + 5s, kNever}};
  const auto json = nlohmann::json::parse(json_report(std::vector{run}, {}, ExitStatus::held));
  const auto& peers = json["runs"][0]["peers"];
  EXPECT_EQ(peers[0]["peer"], "leech[0]");
  EXPECT_EQ(peers[0]["joined_s"], 5.0);
  EXPECT_EQ(peers[0]["completed_s"], 65.0);
  EXPECT_TRUE(peers[1]["completed_s"].is_null());
}

TEST(JsonReport, SaysWhatIsKnownOnlyWhereSomethingIs) {
  const auto plain = nlohmann::json::parse(json_report(std::vector{a_run({a_check(Verdict::violated)})}, {}, ExitStatus::violated));
  EXPECT_FALSE(plain.contains("known") || plain["runs"][0]["checks"][0].contains("known"));
  RunResult run = a_run({a_check(Verdict::violated)});
  run.checks[0].known = "until 2027-03-31: mended next week";
  const std::vector<std::string> complaints{"known.yaml:4: bans in s.yaml held"};
  const auto json = nlohmann::json::parse(json_report(std::vector{run}, {}, ExitStatus::violated, complaints));
  EXPECT_EQ(json["runs"][0]["verdict"], "held");
  EXPECT_EQ(json["runs"][0]["checks"][0]["verdict"], "violated");
  EXPECT_EQ(json["runs"][0]["checks"][0]["known"], run.checks[0].known);
  EXPECT_EQ(json["known"][0], complaints[0]);
}

TEST(JsonReport, TellsWhatSeveralRunsComeToTogether) {
  const auto json = nlohmann::json::parse(json_report({}, std::vector{over_seeds({a_check(Verdict::violated, "expect")})},
      ExitStatus::violated));
  const auto& together = json["over_seeds"][0];
  EXPECT_EQ(together["file"], "s.yaml");
  EXPECT_EQ(together["first_seed"], 1);
  EXPECT_EQ(together["last_seed"], 20);
  EXPECT_EQ(together["checks"][0]["check"], "expect");
  EXPECT_EQ(together["checks"][0]["again"], "swarmsim run s.yaml --seeds 1..20");
}

TEST(JsonReport, RefusalsAreDocumentsToo) {
  const auto json = nlohmann::json::parse(json_refusal("no such \xff file", ExitStatus::usage));
  EXPECT_EQ(json["exit"], 2);
  EXPECT_TRUE(json["runs"].empty());
}

}  // namespace
}  // namespace swarmlab::swarmsim
