// Where a swarm is wider than one tracker and one address family: partial seeds (BEP 21), tiers (BEP 12), IPv6 (BEP 7).
#include <gtest/gtest.h>

#include "protocol/extension_handshake.hpp"
#include "tests/unit/client/scripted_town.hpp"
#include "tests/unit/client/scripted_tracker.hpp"

namespace swarmlab::client {
namespace {

using namespace protocol;

constexpr Features kExtended{.extension_protocol = true, .fast = true};

void say(RawPeer& peer, const ExtensionHandshake& handshake) {
  const auto payload = encode(handshake);
  peer.send(Extended{0, payload});
}

// ---- BEP 21 ----

TEST(PartialSeeds, ASeedLetsOneGoThatFetchesNothing) {
  Seeding town;
  RawPeer p(town.world(), "p");
  p.dial(town.seed.endpoint());
  p.handshake(town.metainfo().info_hash, kExtended);
  p.send(HaveNone{});
  say(p, {.upload_only = false});
  town.run_for(1s);
  EXPECT_TRUE(p.is_open());
  say(p, {.upload_only = true});
  town.run_for(1s);
  EXPECT_FALSE(p.is_open()) << "it has finished what it wanted, and so have we";
}

TEST(PartialSeeds, ALeecherKeepsThemAndFetchesWhatTheyHave) {
  Leeching town;
  RawPeer p(town.world(), "p");
  p.dial(town.leech.endpoint());
  p.handshake(town.metainfo().info_hash, kExtended);
  p.send(HaveNone{});
  say(p, {.upload_only = true});
  p.send(Have{PieceIndex(3)});
  p.send(Unchoke{});
  town.run_for(1s);
  EXPECT_TRUE(p.is_open());
  EXPECT_GE(p.count<Request>(), 1u);
}

// ---- BEP 12 ----

struct TwoTiers : Town {
  explicit TwoTiers(bool all) : Town({.size = 1_MiB, .tracker = ""}), one(world(), "one", 1), two(world(), "two", 2) {
    Settings settings;
    settings.announce_to_all_tiers = all;
    auto& resident = add("client", {.settings = settings});
    start();
    auto other = std::make_shared<Metainfo>(metainfo());
    other->info_hash.bytes.fill(std::byte{8});
    AddTorrent torrent;
    torrent.metainfo = other;
    torrent.directory = "second";
    torrent.trackers = std::vector<std::vector<std::string>>{{one.url()}, {two.url()}};
    const TorrentId id = resident.session().add(torrent);
    run_for(5s);
    known = resident.session().status(id).swarm_seeds;
    resident.session().stop();
    ended = run_until([&] { return resident.session().is_stopped(); }, 20s);
  }
  ScriptedTracker one, two;
  std::optional<std::uint32_t> known;
  bool ended = false;
};

TEST(Tiers, TheNextTierHearsNothingWhileTheFirstAnswers) {
  TwoTiers town(false);
  EXPECT_EQ(town.one.events(), "started stopped");
  EXPECT_EQ(town.two.events(), "");
  EXPECT_TRUE(town.ended);
}

TEST(Tiers, AllHearWhereThatIsAskedFor) {
  TwoTiers town(true);
  EXPECT_EQ(town.one.events(), "started stopped");
  EXPECT_EQ(town.two.events(), "started stopped");
  EXPECT_TRUE(town.ended);
  EXPECT_EQ(town.known, 1u) << "as the tracker said";
}

// ---- IPv6 ----

TEST(BothFamilies, AClientIsReachedAndReachesOthersOverIpv6) {
  Town town({.size = 1_MiB, .tracker = "", .has_info = true});
  const auto settle = [&](const char* name, std::uint8_t n) {
    const IpAddress six = *IpAddress::parse("fd00::" + std::to_string(n));
    return std::pair(town.world().add_host({name, {IpAddress::v4(10, 0, 4, n), six}, {{}, {}, 5ms, 256_KiB}, {}}),
                     std::vector<Endpoint>{{IpAddress::v4(10, 0, 4, n), 6881}, {six, 6881}});
  };
  const auto [seed_host, seed_at] = settle("six-seed", 1);
  const auto [leech_host, leech_at] = settle("six-leech", 2);
  const runtime::Slice all = town.content(ByteCount(0), 1_MiB);
  town.world().files(seed_host).put_file("content", std::span(&all, 1));
  const Settings settings;
  Session seed(town.world().outside(seed_host), settings, nullptr);
  Session leech(town.world().outside(leech_host), settings, nullptr);
  for (const Endpoint& at : seed_at) ASSERT_TRUE(seed.listen(at));
  for (const Endpoint& at : leech_at) ASSERT_TRUE(leech.listen(at));
  AddTorrent torrent;
  torrent.metainfo = std::make_shared<const Metainfo>(town.metainfo());
  const TorrentId served = seed.add(torrent);
  torrent.metainfo = nullptr;
  torrent.magnet = *parse_magnet("magnet:?xt=urn:btih:" + to_string(town.metainfo().info_hash) + "&x.pe=[fd00::1]:6881");
  const TorrentId fetched = leech.add(torrent);
  EXPECT_TRUE(town.run_until([&] { return leech.status(fetched).left == 0_B; }, 30s));
  town.run_for(1s);
  EXPECT_EQ(leech.peers(fetched).size() + seed.peers(served).size(), 0u) << "both have everything";
}

}  // namespace
}  // namespace swarmlab::client
