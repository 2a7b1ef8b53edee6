// What was seen beside what is declared, and how both are told.
#include "swarmsim/profile/client_profile.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "swarmsim/lab/parse_adapter.hpp"
#include "swarmsim/profile/profile_report.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

Claim claim(const std::string& name, Quantity quantity, std::int64_t seen, std::int64_t declared) {
  return {.name = name, .quantity = quantity, .seen = seen, .is_sure = true, .why = "7 turns", .declared = declared};
}
std::int64_t ns(Duration time) { return time.count(); }

TEST(Claim, CountsDisagreeWhereTheyDiffer) {
  EXPECT_TRUE(claim("upload_slots", Quantity::count, 4, 8).disagrees());
  EXPECT_FALSE(claim("upload_slots", Quantity::count, 8, 8).disagrees());
}

TEST(Claim, TimesMayBeALittleOff) {
  EXPECT_FALSE(claim("rechoke_interval", Quantity::time, ns(10'600ms), ns(10s)).disagrees());
  EXPECT_TRUE(claim("rechoke_interval", Quantity::time, ns(15s), ns(10s)).disagrees());
}

TEST(Claim, WhatIsDeclaredAsALimitMayBeKeptWithin) {
  Claim reaction = claim("reaction_time", Quantity::time, ns(20ms), ns(1s));
  reaction.is_bound = true;
  EXPECT_FALSE(reaction.disagrees());
  reaction.seen = ns(1500ms);
  EXPECT_TRUE(reaction.disagrees());
}

TEST(Claim, WhatIsNotSureAccusesNobody) {
  Claim slots = claim("upload_slots", Quantity::count, 4, 8);
  slots.is_sure = false;
  EXPECT_FALSE(slots.disagrees());
  slots = claim("upload_slots", Quantity::count, 4, 8);
  slots.declared.reset();
  EXPECT_FALSE(slots.disagrees());
}

ClientProfile profile() {
  ClientProfile profile{.client = "mine", .told = {}, .topics = {}, .claims = {}, .problems = {}};
  Finding size{"size", Quantity::size, {}, {}};
  for (int i = 0; i < 3; ++i) size.seen.add(std::int64_t{16 * 1024});
  profile.topics.push_back({"requests", {size, {"open", Quantity::count, {}, {}}}});
  profile.claims = {claim("upload_slots", Quantity::count, 4, 8), claim("rechoke_interval", Quantity::time, ns(10s), ns(10s)),
                    {.name = "request_timeout", .quantity = Quantity::time, .seen = std::nullopt, .why = "not within 100 s"},
                    {.name = "optimistic", .quantity = Quantity::count, .seen = 1, .why = "seen once"}};
  return profile;
}

TEST(ProfileReport, SaysHowOftenEachThingWasSeenAndWhatWasNot) {
  const std::string text = describe(profile());
  EXPECT_THAT(text, HasSubstr("16 KiB"));
  EXPECT_THAT(text, HasSubstr("3 x"));
  EXPECT_THAT(text, HasSubstr("open                                 not seen"));
  EXPECT_THAT(text, HasSubstr("upload_slots                  4  declared 8          DIFFERS"));
  EXPECT_THAT(text, HasSubstr("not measured: announce_to_all_tiers, ban_time"));
}

TEST(ProfileReport, DeclarationsArePastedIntoAnAdapterAndUnderstood) {
  const std::string text = declarations(profile());
  EXPECT_THAT(text, HasSubstr("  upload_slots: 4   # 7 turns\n"));
  EXPECT_THAT(text, HasSubstr("  # optimistic: 1   # seen once\n"));
  EXPECT_THAT(text, HasSubstr("  # request_timeout: not within 100 s\n"));
  Diagnostics diagnostics;
  const auto adapter = parse_adapter("adapter: 1\nclient: mine\nleech: [mine, '{source}']\n" + text, diagnostics);
  ASSERT_TRUE(adapter.has_value()) << diagnostics.sorted().front().what;
  EXPECT_EQ(adapter->declares.size(), 2u);
}

TEST(ProfileReport, ProgramsGetNumbersInOneUnit) {
  const std::vector<ClientProfile> profiles{profile()};
  const auto json = nlohmann::json::parse(profiles_json(profiles, ExitStatus::violated));
  const auto& declares = json["profiles"][0]["declares"];
  EXPECT_EQ(json["exit"], 1);
  EXPECT_EQ(declares[0]["disagrees"], true);
  EXPECT_EQ(declares[1]["seen"], 10.0);
  EXPECT_TRUE(declares[2]["seen"].is_null());
  EXPECT_EQ(json["profiles"][0]["topics"][0]["findings"][0]["median"], 16384);
}

TEST(ProfileReport, ThePageHasAColumnPerClientAndMarksDisagreement) {
  std::vector<ClientProfile> profiles{profile(), profile()};
  profiles.back().client = "other";
  profiles.back().problems = {"serve: the machine is too busy"};
  const std::string page = profiles_page(profiles);
  EXPECT_THAT(page, HasSubstr("| name | mine | other |"));
  EXPECT_THAT(page, HasSubstr("| `upload_slots` | **4**, declared 8 | **4**, declared 8 |"));
  EXPECT_THAT(page, HasSubstr("* other: serve: the machine is too busy"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
