#include "swarmsim/checks/catalogue.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace swarmlab::swarmsim {
namespace {

TEST(Catalogue, IsSortedSoThatPeopleFindThings) {
  EXPECT_TRUE(std::ranges::is_sorted(check_manuals(), {}, &CheckManual::name));
}

TEST(Catalogue, FindsByNameOnly) {
  EXPECT_EQ(find_check_manual("bans")->name, "bans");
  EXPECT_EQ(find_check_manual("ban"), nullptr);
}

TEST(Catalogue, EveryCheckSaysWhenItIsViolatedAndWhichBugsItKnows) {
  for (const CheckManual* manual : check_manuals()) {
    EXPECT_FALSE(manual->claim.empty()) << manual->name;
    EXPECT_TRUE(manual->bugs.starts_with('B')) << manual->name;
    EXPECT_GT(manual->text.size(), 100u) << manual->name;
    ASSERT_FALSE(manual->parameters.empty()) << manual->name;
    for (const ParameterManual& parameter : manual->parameters)
      EXPECT_EQ(parameter.need == Need::optional, parameter.about.find("default: ") != std::string_view::npos)
          << manual->name << ", " << parameter.name;
  }
}

TEST(Catalogue, ExplainsByWhatACheckJudgesAndWhatItNeeds) {
  EXPECT_THAT(explain(*find_check_manual("fast_choke_semantics")),
              testing::HasSubstr("  judges by the declared request_timeout\n  needs peers that speak fast\n"));
  EXPECT_THAT(explain(*find_check_manual("optimistic_rotation")), testing::HasSubstr("false alarms: less than one run in a million"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
