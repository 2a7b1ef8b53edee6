// What a process does with few descriptors.
#include "client/descriptor_budget.hpp"

#include <gtest/gtest.h>

namespace swarmlab::client {
namespace {

TEST(DescriptorBudget, GivesWhatIsWantedWhereThereIsEnough) {
  const Settings wanted;
  const DescriptorBudget budget = share_descriptors(1024, 1, wanted);
  EXPECT_EQ(budget.open_files, wanted.open_files);
  EXPECT_EQ(budget.max_peers, wanted.max_peers);
  EXPECT_EQ(budget.max_half_open, wanted.max_half_open);
  EXPECT_FALSE(budget.is_tight(wanted));
}

TEST(DescriptorBudget, IsNotTightWhereThereIsJustEnough) {
  const Settings wanted;
  for (const std::size_t torrents : {0u, 1u, 4u, 5u, 100u})
    EXPECT_FALSE(share_descriptors(descriptors_wanted(torrents, wanted), torrents, wanted).is_tight(wanted)) << torrents;
}

TEST(DescriptorBudget, StaysBelowTheLimitWithSomethingLeftForTrackersAndNames) {
  const Settings wanted;
  for (std::uint64_t limit = 32; limit <= 1024; ++limit) {
    const DescriptorBudget budget = share_descriptors(limit, 1, wanted);
    EXPECT_LE(budget.open_files + budget.max_peers + budget.max_half_open + 15, limit) << limit;
  }
  EXPECT_TRUE(share_descriptors(128, 1, wanted).is_tight(wanted));
}

TEST(DescriptorBudget, IsSharedByAllTorrents) {
  const Settings wanted;
  const DescriptorBudget budget = share_descriptors(1024, 20, wanted);
  EXPECT_LE(20 * (budget.open_files + budget.max_peers + budget.max_half_open), 1024u);
}

TEST(DescriptorBudget, LeavesOneOfEachHoweverFewThereAre) {
  for (const std::uint64_t limit : {0u, 3u, 21u}) {
    const DescriptorBudget budget = share_descriptors(limit, 1, {});
    EXPECT_EQ(budget.open_files, 1u);
    EXPECT_EQ(budget.max_peers, 1u);
  }
}

}  // namespace
}  // namespace swarmlab::client
