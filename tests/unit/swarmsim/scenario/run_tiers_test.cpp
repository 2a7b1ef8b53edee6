#include "swarmsim/scenario/run_tiers.hpp"

#include <gmock/gmock.h>

#include "swarmsim/scenario/overrides.hpp"
#include "swarmsim/scenario/parse.hpp"
#include "swarmsim/scenario/parse_run_tiers.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A scenario that any client can play; `tier`, `limit` and so on are replaced by overrides.
constexpr std::string_view kLab = R"(format: 1
scenario: A story
tier: lab
limit: 90 s
torrent: { size: 1 MiB }
network:
  link: { up: 10 Mbit/s, down: 25 Mbit/s }
peers:
  seeder: { have: all }
  leech:  { subject: true, count: 3, settings: { upload_slots: 2 } }
checks:
  - completes: { who: leech }
)";

struct Parsed {
  std::optional<Scenario> scenario;
  std::vector<std::string> errors;
};

// As if the file said so itself.
Parsed parsed(std::vector<Override> changes = {}) {
  Diagnostics diagnostics;
  Parsed result;
  result.scenario = parse_scenario(kLab, changes, diagnostics);
  auto root = parse_yaml(kLab, diagnostics);
  apply_overrides(*root, changes, diagnostics);
  if (result.scenario) check_run_tiers(*result.scenario, *root, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.sorted()) result.errors.push_back(diagnostic.what);
  return result;
}

TEST(RunTiers, AScenarioThatSaysNothingIsOneOfPullRequestsAndOfTheNight) {
  const RunTiers none;
  EXPECT_TRUE(none.belongs_to(RunTier::pr));
  EXPECT_TRUE(none.belongs_to(RunTier::nightly));
  EXPECT_FALSE(none.belongs_to(RunTier::smoke));
  EXPECT_FALSE(none.belongs_to(RunTier::lab));
  EXPECT_EQ(tiers_text(none), "pr, nightly");
}

TEST(RunTiers, WhatIsForTheNightAloneIsNotOneOfPullRequests) {
  const Parsed nightly = parsed({{"tier", "nightly"}});
  ASSERT_TRUE(nightly.scenario);
  EXPECT_EQ(tiers_text(nightly.scenario->tiers), "nightly");
}

TEST(RunTiers, LabSmokeIsLabToo) {
  const Parsed both = parsed({{"tier", "[smoke, lab-smoke]"}});
  ASSERT_TRUE(both.scenario) << both.errors.front();
  EXPECT_EQ(tiers_text(both.scenario->tiers), "smoke, pr, nightly, lab, lab-smoke");
}

TEST(RunTiers, NamesFindTheirTierAndNothingElseDoes) {
  for (const std::string_view name : run_tier_names()) EXPECT_EQ(to_string(*find_run_tier(name)), name);
  EXPECT_EQ(find_run_tier("weekly"), std::nullopt);
}

TEST(RunTiers, ALabScenarioMayUseAllThatItIsAllowed) { EXPECT_THAT(parsed().errors, IsEmpty()); }

TEST(RunTiers, ALabScenarioIsShort) {
  EXPECT_THAT(parsed({{"limit", "91 s"}}).errors,
              ElementsAre("tier: lab; limit: 1 min 31 s, which takes as long in real time; at most 1 min 30 s"));
}

TEST(RunTiers, WhatIsTriedWithSetNeedNotFitTheTier) {
  Diagnostics diagnostics;
  const std::vector<Override> change{{"limit", "10 min"}};
  EXPECT_TRUE(parse_scenario(kLab, change, diagnostics)) << diagnostics.sorted().front().what;
  std::string text(kLab);
  text.replace(text.find("90 s"), 4, "91 s");
  EXPECT_FALSE(parse_scenario(text, {}, diagnostics));
}

TEST(RunTiers, ALabScenarioHasNarrowLines) {
  EXPECT_THAT(parsed({{"network.link.up", "26 Mbit/s"}}).errors,
              ElementsAre("tier: lab; the lines of all peers sum up to 104 Mbit/s (up); at most 100 Mbit/s"));
  EXPECT_THAT(parsed({{"peers.seeder.link", "{ down: 26 Mbit/s }"}}).errors, ElementsAre(HasSubstr("101 Mbit/s (down)")));
}

TEST(RunTiers, WhatTheTimelineMakesOfALineCounts) {
  EXPECT_THAT(parsed({{"timeline", "[ { at: 9 s, link: { up: 71 Mbit/s }, of: seeder } ]"}}).errors,
              ElementsAre(HasSubstr("101 Mbit/s (up)")));
  EXPECT_THAT(parsed({{"timeline", "[ { at: 9 s, link: { up: 1 Mbit/s }, of: seeder } ]"}}).errors, IsEmpty());
}

TEST(RunTiers, ALabScenarioSaysWhosePlaceAClientTakesAndJudgesIt) {
  EXPECT_THAT(parsed({{"peers.leech.subject", "false"}}).errors, ElementsAre(HasSubstr("no client would take anybody's place")));
  EXPECT_THAT(parsed({{"checks", "[ completes: { who: seeder } ]"}}).errors, ElementsAre("tier: lab; checks: none is about a subject"));
}

TEST(RunTiers, NothingIsAskedOfASubjectThatOnlyOurEngineKnows) {
  EXPECT_THAT(parsed({{"peers.leech.settings", "{ late_factor: 0 }"}}).errors,
              ElementsAre("tier: lab; peers.leech.settings: 'late_factor' is not a setting of every client"));
  EXPECT_THAT(parsed({{"peers.leech.behaviour", "free_rider"}}).errors, ElementsAre(HasSubstr("a subject with a behaviour")));
  EXPECT_THAT(parsed({{"peers.seeder.settings", "{ late_factor: 0 }"}}).errors, IsEmpty()) << "others stay ours";
}

}  // namespace
}  // namespace swarmlab::swarmsim
