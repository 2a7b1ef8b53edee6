// Our own engine, whose settings are known, is measured as it is set.
#include "swarmsim/profile/experiments.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "swarmsim/profile/profile_report.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Le;

using Settings = std::vector<std::pair<std::string, std::string>>;

ClientProfile measured(const Settings& settings) {
  auto profile = measure_profile({.settings = settings});
  EXPECT_TRUE(profile.has_value()) << profile.error();
  return std::move(*profile);
}

const Claim& claim(const ClientProfile& profile, const std::string& name) {
  const auto found = std::ranges::find(profile.claims, name, &Claim::name);
  EXPECT_NE(found, profile.claims.end()) << name;
  return *found;
}

void expect_as_declared(const ClientProfile& profile) {
  for (const Claim& claim : profile.claims)
    EXPECT_FALSE(claim.disagrees()) << claim.name << " " << quantity_text(claim.quantity, *claim.seen);
}

TEST(Profile, OurEngineComesOutAsItIs) {
  const ClientProfile profile = measured({});
  expect_as_declared(profile);
  for (const char* name : {"request_size", "upload_slots", "rechoke_interval", "tit_for_tat", "end_game_requesters", "request_timeout"}) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(claim(profile, name).is_sure) << describe(profile);
  }
  EXPECT_EQ(claim(profile, "request_size").seen, 16 * 1024);
  EXPECT_EQ(claim(profile, "upload_slots").seen, 4);
  EXPECT_EQ(claim(profile, "tit_for_tat").seen, 1);
  EXPECT_EQ(claim(profile, "in_order").seen, 0);
  EXPECT_TRUE(profile.problems.empty());
}

TEST(Profile, OtherSettingsShow) {
  const ClientProfile profile = measured({{"upload_slots", "3"}, {"rechoke_interval", "5 s"}, {"optimistic_interval", "15 s"},
                                          {"seed_turn_time", "15 s"}, {"request_timeout", "20 s"}, {"end_game_requesters", "2"}});
  expect_as_declared(profile);
  EXPECT_EQ(claim(profile, "upload_slots").seen, 3);
  EXPECT_EQ(claim(profile, "end_game_requesters").seen, 2);
  const auto seconds = [&](const char* name) { return static_cast<double>(claim(profile, name).seen.value_or(0)) / 1e9; };
  EXPECT_NEAR(seconds("rechoke_interval"), 5, 0.5) << describe(profile);
  EXPECT_NEAR(seconds("optimistic_interval"), 15, 1.5);
  EXPECT_THAT(seconds("seed_turn_time"), AllOf(Ge(15), Le(30 + 5)));   // until its bytes are there, twice the time at most
  EXPECT_THAT(seconds("request_timeout"), AllOf(Gt(0), Le(20)));
}

TEST(Profile, WhoAsksNobodyTwiceHasNoEndGame) { EXPECT_EQ(claim(measured({{"end_game", "false"}}), "end_game_requesters").seen, 1); }

TEST(Profile, WhoGoesFromFrontToBackIsSeenTo) { EXPECT_EQ(claim(measured({{"sequential", "true"}}), "in_order").seen, 1); }

TEST(Profile, MeasuringAgainInVirtualTimeGivesTheSame) { EXPECT_EQ(describe(measured({})), describe(measured({}))); }

TEST(Profile, ASettingThatThereIsNotIsRefusedByName) {
  const auto refused = measure_profile({.settings = {{"upload_slot", "3"}}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error(), HasSubstr("upload_slots"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
