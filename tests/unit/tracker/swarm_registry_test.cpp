#include "tracker/swarm_registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/unit/tracker/builders.hpp"

namespace swarmlab::tracker {
namespace {

using test::at;
using test::endpoints;
using test::peer;
using test::torrent;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Duration kSilence = 60s;

struct SwarmRegistryTest : ::testing::Test {
  SwarmRegistry registry{kSilence, 1};
  runtime::Random random{1};

  bool see(std::uint32_t who, std::string_view where, Role role = Role::leecher, Time now = kStart,
           bool completed = false, std::uint32_t key = 0) {
    const bool added = registry.see(torrent(1),
                                    {.who = {peer(who), key}, .endpoint = at(where), .role = role,
                                     .says_completed = completed},
                                    now);
    registry.check_invariants();
    return added;
  }
  SwarmCounts counts() { return registry.counts(torrent(1)).value_or(SwarmCounts{}); }
  // Everybody that a newcomer would be told of.
  std::vector<std::string> listed(bool both_families = true) {
    return endpoints(registry.choose(torrent(1), {peer(999'999), 0},
                                     {.count = 1000, .both_families = both_families}, random));
  }
};

TEST_F(SwarmRegistryTest, CountsAPeerOnceThoughItComesBackFromAnotherPort) {
  see(1, "10.0.0.1:6881");
  see(1, "10.0.0.1:6999");
  EXPECT_EQ(counts(), (SwarmCounts{.leechers = 1}));
  EXPECT_THAT(listed(), ElementsAre("10.0.0.1:6999"));
}

TEST_F(SwarmRegistryTest, CountsAPeerOfBothFamiliesOnceAndListsBothEndpoints) {
  see(1, "10.0.0.1:6881");
  see(1, "[fd00::1]:6881");
  EXPECT_EQ(counts(), (SwarmCounts{.leechers = 1}));
  EXPECT_THAT(listed(), ElementsAre("10.0.0.1:6881", "[fd00::1]:6881"));
  EXPECT_THAT(listed(false), ElementsAre("10.0.0.1:6881"));
}

TEST_F(SwarmRegistryTest, GivesAnEndpointToWhoeverAnnouncedItLast) {
  see(1, "10.0.0.1:6881");
  see(2, "10.0.0.1:6881", Role::seed);
  EXPECT_EQ(counts(), (SwarmCounts{.seeds = 1}));
  EXPECT_THAT(listed(), ElementsAre("10.0.0.1:6881"));
}

TEST_F(SwarmRegistryTest, LeavesAPeerItsOtherFamilyWhenAnEndpointIsTakenFromIt) {
  see(1, "10.0.0.1:6881");
  see(1, "[fd00::1]:6881");
  see(2, "10.0.0.1:6881");
  EXPECT_EQ(counts(), (SwarmCounts{.leechers = 2}));
  EXPECT_THAT(listed(), ElementsAre("10.0.0.1:6881", "[fd00::1]:6881"));
}

TEST_F(SwarmRegistryTest, TakesEqualPeerIdsWithDifferentKeysForTwoPeers) {
  see(1, "10.0.0.1:6881", Role::leecher, kStart, false, 7);
  see(1, "10.0.0.2:6881", Role::leecher, kStart, false, 8);
  EXPECT_EQ(counts(), (SwarmCounts{.leechers = 2}));
  EXPECT_FALSE(registry.remove(torrent(1), {peer(1), 9}));
  EXPECT_TRUE(registry.remove(torrent(1), {peer(1), 8}));
  EXPECT_THAT(listed(), ElementsAre("10.0.0.1:6881"));
}

TEST_F(SwarmRegistryTest, MovesAPeerFromLeechersToSeedsAndBack) {
  see(1, "10.0.0.1:6881");
  see(1, "[fd00::1]:6881", Role::seed);
  EXPECT_EQ(counts(), (SwarmCounts{.seeds = 1}));
  see(1, "10.0.0.1:6881", Role::leecher);
  EXPECT_EQ(counts(), (SwarmCounts{.leechers = 1}));
  EXPECT_THAT(listed(), SizeIs(2));
}

TEST_F(SwarmRegistryTest, CountsACompletedEventOncePerPeer) {
  see(1, "10.0.0.1:6881", Role::leecher);
  see(1, "10.0.0.1:6881", Role::seed, kStart, true);
  see(1, "10.0.0.1:6881", Role::seed, kStart, true);
  EXPECT_EQ(counts(), (SwarmCounts{.seeds = 1, .downloaded = 1}));
}

TEST_F(SwarmRegistryTest, DoesNotCountACompletedEventOfAPeerThatCameAsASeed) {
  see(1, "10.0.0.1:6881", Role::seed);
  see(1, "10.0.0.1:6881", Role::seed, kStart, true);
  EXPECT_EQ(counts().downloaded, 0u);
}

TEST_F(SwarmRegistryTest, CountsACompletedEventThatFollowsTheAnnounceOfNothingLeft) {
  see(1, "10.0.0.1:6881", Role::leecher);
  see(1, "10.0.0.1:6881", Role::seed);
  see(1, "10.0.0.1:6881", Role::seed, kStart, true);
  EXPECT_EQ(counts().downloaded, 1u);
}

TEST_F(SwarmRegistryTest, DoesNotCountACompletedEventWithBytesLeft) {
  see(1, "10.0.0.1:6881", Role::leecher, kStart, true);
  EXPECT_EQ(counts().downloaded, 0u);
  see(1, "10.0.0.1:6881", Role::seed, kStart, true);
  EXPECT_EQ(counts().downloaded, 1u);
}

TEST_F(SwarmRegistryTest, BelievesACompletedEventOfAPeerItHasNeverSeen) {
  see(1, "10.0.0.1:6881", Role::seed, kStart, true);
  EXPECT_EQ(counts().downloaded, 1u);
}

TEST_F(SwarmRegistryTest, ForgetsAnEmptySwarmUnlessSomebodyCompletedThere) {
  see(1, "10.0.0.1:6881");
  registry.remove(torrent(1), {peer(1), 0});
  EXPECT_EQ(registry.counts(torrent(1)), std::nullopt);
  EXPECT_EQ(registry.totals(), RegistryTotals{});
  see(1, "10.0.0.1:6881", Role::seed, kStart, true);
  registry.remove(torrent(1), {peer(1), 0});
  EXPECT_EQ(counts(), (SwarmCounts{.downloaded = 1}));
}

TEST_F(SwarmRegistryTest, ExpiresWhoWasSilentAndKeepsWhoWasHeard) {
  see(1, "10.0.0.1:6881", Role::leecher, kStart);
  see(2, "10.0.0.2:6881", Role::leecher, kStart + 10s);
  see(1, "10.0.0.1:6881", Role::leecher, kStart + 30s);
  EXPECT_EQ(registry.next_expiry(), kStart + 70s);
  EXPECT_THAT(registry.expire(kStart + 70s - 1ns, 100), IsEmpty());
  const auto gone = registry.expire(kStart + 70s, 100);
  registry.check_invariants();
  ASSERT_THAT(gone, SizeIs(1));
  EXPECT_EQ(gone[0].who.id, peer(2));
  EXPECT_THAT(listed(), ElementsAre("10.0.0.1:6881"));
  registry.expire(kStart + 90s, 100);
  EXPECT_EQ(registry.next_expiry(), kNever);
}

TEST_F(SwarmRegistryTest, DropsTheEndpointThatAPeerNoLongerRenews) {
  see(1, "10.0.0.1:6881", Role::leecher, kStart);
  for (int minute = 0; minute <= 6; ++minute) {
    see(1, "[fd00::1]:6881", Role::leecher, kStart + minute * 10s);
  }
  EXPECT_THAT(listed(), ElementsAre("[fd00::1]:6881"));
}

TEST_F(SwarmRegistryTest, KeepsNewcomersOutWhenItIsFullButNotItsPeers) {
  registry = SwarmRegistry(kSilence, 1, {.swarms = 1, .peers = 2});
  EXPECT_TRUE(see(1, "10.0.0.1:6881"));
  EXPECT_FALSE(registry.see(torrent(2), {.who = {peer(9), 0}, .endpoint = at("10.0.0.9:1")}, kStart));
  EXPECT_TRUE(see(2, "10.0.0.2:6881"));
  EXPECT_FALSE(see(3, "10.0.0.3:6881"));
  EXPECT_TRUE(see(1, "10.0.0.1:6882", Role::seed));
  EXPECT_EQ(counts(), (SwarmCounts{.seeds = 1, .leechers = 1}));
}

TEST_F(SwarmRegistryTest, NeverGivesThePeerThatAsks) {
  for (std::uint32_t i = 1; i <= 20; ++i) {
    see(i, "10.0.0." + std::to_string(i) + ":6881", i % 3 == 0 ? Role::seed : Role::leecher);
  }
  for (std::uint32_t i = 1; i <= 20; ++i) {
    for (int round = 0; round < 20; ++round) {
      const auto chosen = registry.choose(torrent(1), {peer(i), 0}, {.count = 15}, random);
      EXPECT_THAT(chosen, SizeIs(15));
      EXPECT_THAT(endpoints(chosen), ::testing::Not(::testing::Contains("10.0.0." + std::to_string(i) + ":6881")));
    }
  }
}

// Nine candidates, 3 of them per answer, 9,000 answers: each is due 3,000 times with a standard deviation of 45.
TEST_F(SwarmRegistryTest, GivesEveryOtherPeerEquallyOften) {
  for (std::uint32_t i = 0; i < 10; ++i) {
    see(i, "10.0.0." + std::to_string(i) + ":6881", i < 4 ? Role::seed : Role::leecher);
  }
  std::map<std::string, int> given;
  for (int i = 0; i < 9'000; ++i) {
    for (const auto& text : endpoints(registry.choose(torrent(1), {peer(5), 0}, {.count = 3}, random))) {
      ++given[text];
    }
  }
  ASSERT_THAT(given, SizeIs(9));
  for (const auto& [who, times] : given) EXPECT_NEAR(times, 3'000, 225) << who;
}

TEST_F(SwarmRegistryTest, FillsUpWithTheOtherFamilyAndNeverExceedsTheCount) {
  for (std::uint32_t i = 1; i <= 3; ++i) see(i, "10.0.0." + std::to_string(i) + ":6881");
  for (std::uint32_t i = 4; i <= 9; ++i) see(i, "[fd00::" + std::to_string(i) + "]:6881");
  const auto chosen = registry.choose(torrent(1), {peer(99), 0},
                                      {.count = 5, .family = Family::v4, .both_families = true}, random);
  EXPECT_THAT(chosen, SizeIs(5));
  EXPECT_EQ(std::ranges::count_if(chosen, [](const auto& p) { return p.endpoint.address.is_v6(); }), 2);
}

TEST_F(SwarmRegistryTest, ListsAllSwarmsInTheOrderOfTheirHashes) {
  for (const std::uint32_t number : {5u, 3u, 9u}) {
    registry.see(torrent(number), {.who = {peer(1), 0}, .endpoint = at("10.0.0.1:1")}, kStart);
  }
  const auto all = registry.all();
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &protocol::ScrapeEntry::info_hash));
}

// A model that keeps peers in a map and scans.
struct NaiveRegistry {
  struct Known { std::map<Family, std::pair<Endpoint, Time>> endpoints; Role role; Time seen; bool completed = false; };
  std::map<std::pair<std::uint32_t, std::uint32_t>, Known> peers;   // torrent, peer
  std::map<std::uint32_t, std::uint32_t> downloaded;

  void see(std::uint32_t torrent, std::uint32_t who, Endpoint endpoint, Role role, bool completed, Time now) {
    const auto [known, is_new] = peers.try_emplace({torrent, who});
    Known& self = known->second;
    if (is_new) self.completed = role == Role::seed && !completed;
    self.role = role;
    self.seen = now;
    if (completed && role == Role::seed && !std::exchange(self.completed, true)) ++downloaded[torrent];
    for (auto other = peers.begin(); other != peers.end();) {
      auto& theirs = other->second.endpoints;
      if (other != known && other->first.first == torrent) {
        std::erase_if(theirs, [&](const auto& entry) { return entry.second.first == endpoint; });
      }
      other = other != known && theirs.empty() ? peers.erase(other) : std::next(other);
    }
    self.endpoints[family_of(endpoint.address)] = {endpoint, now};
    std::erase_if(self.endpoints, [&](const auto& entry) { return now - entry.second.second >= kSilence; });
  }
  void expire(Time now) {
    std::erase_if(peers, [&](const auto& entry) { return now - entry.second.seen >= kSilence; });
  }
  SwarmCounts counts(std::uint32_t torrent) const {
    SwarmCounts counts;
    for (const auto& [where, known] : peers) {
      if (where.first == torrent) ++(known.role == Role::seed ? counts.seeds : counts.leechers);
    }
    if (const auto it = downloaded.find(torrent); it != downloaded.end()) counts.downloaded = it->second;
    return counts;
  }
  std::set<std::string> listed(std::uint32_t torrent) const {
    std::set<std::string> texts;
    for (const auto& [where, known] : peers) {
      if (where.first != torrent) continue;
      for (const auto& [family, entry] : known.endpoints) texts.insert(to_string(entry.first));
    }
    return texts;
  }
};

TEST(SwarmRegistry, AgreesWithANaiveModelOverTenThousandRandomAnnounces) {
  runtime::Random random(20);
  SwarmRegistry registry(kSilence, 3);
  NaiveRegistry model;
  Time now = kStart;
  for (int step = 0; step < 10'000; ++step) {
    const auto number = static_cast<std::uint32_t>(1 + random.below(4));
    const auto who = static_cast<std::uint32_t>(random.below(40));
    const auto host = static_cast<std::uint8_t>(random.below(45));
    now += std::chrono::seconds(random.below(3));
    registry.expire(now, 1000);
    model.expire(now);
    if (random.chance(1, 8)) {
      registry.remove(torrent(number), {peer(who), 0});
      model.peers.erase({number, who});
    } else {
      const bool v6 = random.chance(1, 3);
      const Endpoint endpoint{v6 ? IpAddress::v6({0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host})
                                 : IpAddress::v4(10, 0, 0, host),
                              static_cast<std::uint16_t>(1 + random.below(2))};
      const Role role = random.chance(1, 2) ? Role::seed : Role::leecher;
      const bool completed = random.chance(1, 3);
      ASSERT_TRUE(registry.see(torrent(number),
                               {.who = {peer(who), 0}, .endpoint = endpoint, .role = role, .says_completed = completed},
                               now));
      model.see(number, who, endpoint, role, completed, now);
    }
    if (step % 20 == 0) registry.check_invariants();
    for (std::uint32_t each = 1; each <= 4; ++each) {
      ASSERT_EQ(registry.counts(torrent(each)).value_or(SwarmCounts{}), model.counts(each)) << "step " << step;
    }
    const auto everybody = endpoints(registry.choose(torrent(number), {peer(999), 0},
                                                     {.count = 1000, .both_families = true}, random));
    const auto expected = model.listed(number);
    ASSERT_EQ(everybody, std::vector<std::string>(expected.begin(), expected.end())) << "step " << step;
  }
}

}  // namespace
}  // namespace swarmlab::tracker
