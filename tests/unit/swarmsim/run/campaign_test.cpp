#include "swarmsim/run/campaign.hpp"

#include <gtest/gtest.h>

#include "tests/unit/swarmsim/run/stories.hpp"

namespace swarmlab::swarmsim {
namespace {

TEST(Campaign, GivesTheSameResultsInTheSameOrderHoweverManyRunAtOnce) {
  const auto scenario = std::make_shared<const Scenario>(a_story());
  std::vector<PlannedRun> plan;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) plan.push_back({"s.yaml", scenario, seed, "again", ""});
  std::vector<std::uint64_t> order;
  const auto alone = run_campaign(plan, {.jobs = 1, .until = {}}, [](const RunResult&) {});
  const auto together = run_campaign(plan, {.jobs = 4, .until = {}}, [&](const RunResult& run) { order.push_back(run.seed); });
  EXPECT_EQ(order, (std::vector<std::uint64_t>{1, 2, 3, 4}));
  for (std::size_t i = 0; i < plan.size(); ++i) EXPECT_EQ(alone[i].fingerprint, together[i].fingerprint);
}

}  // namespace
}  // namespace swarmlab::swarmsim
