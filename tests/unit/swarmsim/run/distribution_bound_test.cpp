#include "swarmsim/run/distribution_bound.hpp"

#include <gmock/gmock.h>

#include "swarmsim/run/declared_facts.hpp"
#include "tests/unit/swarmsim/run/stories.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

// 2 MiB over a seeder of 4 Mbit/s and three leechers of 4 up and 8 down: a downlink needs 2.17 s, the seed 4.35 s, all
// uplinks together 3.26 s.  Says what is wrong when all leechers complete then.
std::string judged(Duration completed, std::vector<Override> more = {}) {
  std::vector<Override> overrides{{"peers.liar", "{ have: none }"},
                                  {"network", "{ link: { up: 4 Mbit/s, down: 8 Mbit/s } }"}};
  overrides.insert(overrides.end(), more.begin(), more.end());
  const Scenario scenario = a_story(overrides);
  const RunFacts facts = declared_facts(scenario, 1);
  return faster_than_possible(scenario, facts, [&](HostId peer) {
    if (facts.peers[peer.value()].has_at_start.all()) return kStart;
    return facts.name(peer) == "liar" ? kNever : kStart + completed;
  });
}

TEST(DistributionBound, AcceptsWhatTheLinesCanCarry) {
  EXPECT_EQ(judged(4360ms), "");
  EXPECT_EQ(judged(10s), "");
}

TEST(DistributionBound, NoCopyIsThereBeforeTheSeedsHaveSentOne) {
  EXPECT_THAT(judged(4200ms), HasSubstr("only seeds held at the start"));
}

TEST(DistributionBound, NobodyReceivesMoreThanItsDownlinkCarries) {
  EXPECT_THAT(judged(2s), HasSubstr("leech[0] completed 2 s after it joined, but its downlink of 8 Mbit/s"));
}

TEST(DistributionBound, AllUplinksTogetherBoundWhatAllHave) {
  EXPECT_THAT(judged(4400ms, {{"peers.leech.link", "{ up: 100 kbit/s }"}, {"peers.liar.link", "{ up: 100 kbit/s }"}}),
              HasSubstr("all uplinks together cannot have carried more"));
}

TEST(DistributionBound, ALineThatIsMadeFasterCountsAsTheFasterOne) {
  EXPECT_EQ(judged(3500ms, {{"timeline", "[ { at: 1 s, link: { up: 20 Mbit/s }, of: seeder } ]"}}), "");
}

}  // namespace
}  // namespace swarmlab::swarmsim
