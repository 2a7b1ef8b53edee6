// The engine as a whole, in virtual time: what a user of a client may expect.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/client/town.hpp"

namespace swarmlab::client {
namespace {

TEST(Session, LeecherGetsEverythingFromASeedAndBecomesOne) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s)) << leech.status().pieces_have;
  EXPECT_EQ(leech.status().state, TorrentState::seeding);
  EXPECT_TRUE(town.has_true_content(leech));
  EXPECT_EQ(leech.count<Completed>(), 1u);
  EXPECT_EQ(leech.status().wasted, 0_B);
}

TEST(Session, TransferTakesLittleLongerThanTheUplinkDemands) {
  Town town;                                    // 4 MiB over 1 MiB/s
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  EXPECT_LT(town.world().now() - kStart, 5s);
}

TEST(Session, LeechersServeEachOther) {
  Town town({.size = 16_MiB});
  auto& seed = town.add("seed", {.has = Town::kAll});
  std::vector<Town::Resident*> leeches;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) leeches.push_back(&town.add(name));
  town.start();
  ASSERT_TRUE(town.run_until([&] {
    return std::ranges::all_of(leeches, [](const auto* leech) { return leech->is_complete(); });
  }, 5min));
  EXPECT_LT(seed.status().uploaded, 16_MiB * 3) << "six copies were made, most of them by leechers";
  for (auto* leech : leeches) EXPECT_TRUE(town.has_true_content(*leech)) << leech->name();
}

TEST(Session, SeedsPartWhenBothHaveEverything) {
  Town town;
  auto& seed = town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  town.run_for(5s);
  EXPECT_EQ(seed.status().peers, 0u);
  EXPECT_EQ(leech.status().peers, 0u);
}

TEST(Session, UdpTrackersServeAsWell) {
  Town town({.tracker = "udp://tracker:80/announce"});
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  EXPECT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  town.run_for(1s);
  EXPECT_EQ(town.tracker_stats().udp_announces, 3u) << "two started, one completed";
}

TEST(Session, FetchesOnlyWhatIsNotOnDisk) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  const runtime::Slice half = town.content(ByteCount(0), 2_MiB);
  leech.disk().put_file("content", std::span(&half, 1));
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  EXPECT_EQ(leech.status().downloaded, 2_MiB);
  EXPECT_TRUE(town.has_true_content(leech));
}

TEST(Session, SpoiltDataOnDiskIsFoundByTheCheckAndFetchedAgain) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  const runtime::Slices spoilt{town.content(ByteCount(0), 1_MiB), town.content(1_MiB, 16_KiB, 9),
                               town.content(1_MiB + 16_KiB, 3_MiB - 16_KiB)};
  leech.disk().put_file("content", spoilt);
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  EXPECT_EQ(leech.status().downloaded, 64_KiB) << "one piece";
}

TEST(Session, SeedOfSpoiltDataIsBannedAndTheDownloadStillCompletes) {
  Town town;
  auto& liar = town.add("liar", {.on_start = OnStart::trust_data});
  const runtime::Slice bad = town.content(ByteCount(0), 4_MiB, 9);
  liar.disk().put_file("content", std::span(&bad, 1));
  town.add("seed", {.has = Town::kAll, .link = {BytesPerSecond(256 << 10), {}, 10ms, 64_KiB}});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 2min));
  EXPECT_EQ(leech.count<PeerBanned>(), 1u);
  EXPECT_TRUE(town.has_true_content(leech));
  town.run_for(30s);
  EXPECT_LE(liar.status().uploaded, 64_KiB * 40) << "nothing is asked of a banned peer";
}

TEST(Session, OneWhoSpoilsNowAndThenIsFoundAndTheHonestAreKept) {
  // Every eighth piece of the liar has one bad block; three honest seeds are as fast.
  Town town({.size = 8_MiB, .piece_length = 128_KiB});
  runtime::Slices mixed;
  for (std::int64_t at = 0; at < (8 << 20); at += 128 << 10) {
    const bool bad = (at >> 17) % 8 == 0;
    runtime::append(mixed, town.content(ByteCount(at), 16_KiB, bad ? 9 : 0));
    runtime::append(mixed, town.content(ByteCount(at) + 16_KiB, 112_KiB));
  }
  auto& liar = town.add("liar", {.on_start = OnStart::trust_data});
  liar.disk().put_file("content", mixed);
  for (const char* name : {"honest1", "honest2", "honest3"}) town.add(name, {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 2min));
  EXPECT_TRUE(town.has_true_content(leech));
  EXPECT_LE(leech.count<PeerBanned>(), 1u);
  for (const std::string& line : leech.log()) {
    if (line.starts_with("banned")) {
      EXPECT_EQ(line.find("10.0.1.1"), 7u) << line;
    }
  }
  EXPECT_GE(leech.count<PieceFailed>(), 1u) << "the scenario must let the liar lie";
  EXPECT_EQ(leech.count<PeerBanned>(), 1u);
}

TEST(Session, FullDiskStopsTheTorrentAndSaysWhichFile) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  leech.disk().set_capacity(1_MiB);
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().state == TorrentState::failed; }, 60s));
  EXPECT_NE(leech.status().error.find("content"), std::string::npos);
  EXPECT_EQ(leech.count<StorageFailed>(), 1u);
  EXPECT_EQ(leech.status().peers, 0u);
  leech.session().stop();
  EXPECT_TRUE(town.run_until([&] { return leech.session().is_stopped(); }, 10s));
}

TEST(Session, StopTellsTheTrackerAndEnds) {
  Town town;
  auto& seed = town.add("seed", {.has = Town::kAll});
  town.start();
  town.run_for(5s);
  ASSERT_EQ(town.tracker_stats().now.seeds, 1u);
  seed.session().stop();
  EXPECT_TRUE(town.run_until([&] { return seed.session().is_stopped(); }, 10s));
  EXPECT_EQ(town.tracker_stats().now.seeds, 0u);
  EXPECT_EQ(seed.count<Stopped>(), 1u);
}

TEST(Session, DeadTrackerDelaysTheEndNoLongerThanStated) {
  Town town({.tracker = "http://10.9.9.9:80/announce"});
  auto& seed = town.add("seed", {.has = Town::kAll});
  town.start();
  town.run_for(2s);
  const Time asked = town.world().now();
  seed.session().stop();
  ASSERT_TRUE(town.run_until([&] { return seed.session().is_stopped(); }, 60s));
  EXPECT_LE(town.world().now() - asked, Settings().stop_timeout + 100ms);
}

TEST(Session, CrossingDialsLeaveOneConnection) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Town town({.tracker = ""}, seed);
    auto& a = town.add("a");
    auto& b = town.add("b");
    town.start();
    a.session().add_peer(TorrentId(0), b.endpoint());
    b.session().add_peer(TorrentId(0), a.endpoint());
    town.run_for(5s);
    EXPECT_EQ(a.status().peers, 1u) << "seed " << seed;
    EXPECT_EQ(b.status().peers, 1u) << "seed " << seed;
  }
}

TEST(Session, RecognisesItselfAndDoesNotDialAgain) {
  Town town({.tracker = ""});
  auto& lonely = town.add("lonely");
  town.start();
  lonely.session().add_peer(TorrentId(0), lonely.endpoint());
  town.run_for(10min);
  EXPECT_EQ(lonely.status().peers, 0u);
  EXPECT_EQ(town.world().statistics().connections, 1u);
}

TEST(Session, UploadLimitHolds) {
  Settings limited;
  limited.up_limit = BytesPerSecond(128 << 10);
  Town town;                                    // 4 MiB at 128 KiB/s: 32 s
  town.add("seed", {.has = Town::kAll, .settings = limited});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 2min));
  EXPECT_GE(town.world().now() - kStart, 31s);
  EXPECT_LE(town.world().now() - kStart, 36s);
}

TEST(Session, DownloadLimitHolds) {
  Settings limited;
  limited.down_limit = BytesPerSecond(128 << 10);
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.settings = limited});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 2min));
  EXPECT_GE(town.world().now() - kStart, 30s);
  EXPECT_LE(town.world().now() - kStart, 40s);
}

TEST(Session, WorksWithoutFastAndExtensionProtocol) {
  Settings plain;
  plain.fast_extension = false;
  plain.extension_protocol = false;
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.settings = plain});
  town.start();
  EXPECT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
}

TEST(Session, ConnectionsStayWithinTheLimit) {
  Settings few;
  few.max_peers = 4;
  Town town;
  auto& seed = town.add("seed", {.has = Town::kAll, .settings = few});
  std::vector<Town::Resident*> leeches;
  for (int i = 0; i < 12; ++i) leeches.push_back(&town.add("leech" + std::to_string(i), {.settings = few}));
  town.start();
  bool within = true;
  EXPECT_TRUE(town.run_until([&] {
    within = within && seed.status().peers <= 4;
    return std::ranges::all_of(leeches, [](const auto* leech) { return leech->is_complete(); });
  }, 20min));
  EXPECT_TRUE(within);
}

TEST(Session, IdleConnectionIsKeptAlive) {
  // Two leechers without any source have nothing to say to each other.
  Town town({.tracker = ""});
  auto& a = town.add("a");
  auto& b = town.add("b");
  town.start();
  a.session().add_peer(TorrentId(0), b.endpoint());
  town.run_for(30min);
  EXPECT_EQ(a.status().peers, 1u);
  EXPECT_EQ(a.count<PeerConnected>(), 1u);
  EXPECT_EQ(b.count<PeerDropped>(), 0u);
}

TEST(Session, PeerThatVanishedIsGivenUpAndItsBlocksComeFromElsewhere) {
  Town town({.size = 8_MiB});
  auto& fast = town.add("fast", {.has = Town::kAll});
  town.add("slow", {.has = Town::kAll, .link = {BytesPerSecond(128 << 10), {}, 10ms, 64_KiB}});
  auto& leech = town.add("leech");
  town.start();
  town.run_for(3s);
  ASSERT_FALSE(leech.is_complete());
  town.world().detach(fast.host());
  EXPECT_TRUE(town.run_until([&] { return leech.is_complete(); }, 4min));
  EXPECT_TRUE(town.has_true_content(leech));
}

TEST(Session, SameSeedGivesTheSameRun) {
  const auto trace = [](std::uint64_t seed) {
    Town town({.size = 8_MiB}, seed);
    town.add("seed", {.has = Town::kAll});
    for (const char* name : {"a", "b", "c", "d"}) town.add(name);
    town.start();
    town.run_for(60s);
    return town.world().event_trace();
  };
  EXPECT_EQ(trace(7), trace(7));
  EXPECT_NE(trace(7), trace(8));
}

}  // namespace
}  // namespace swarmlab::client
