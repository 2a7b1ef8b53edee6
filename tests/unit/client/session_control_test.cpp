// Torrents that come, pause, go on, fail and go while their session runs; and what a session tells when asked.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/client/town.hpp"

namespace swarmlab::client {
namespace {

constexpr TorrentId kTheTorrent{0};

TorrentState state_of(Town::Resident& resident) { return resident.session().status(kTheTorrent).state; }

TEST(SessionControl, AStoppedTorrentGoesOnWhereItWasAndCarriesItsTotals) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().pieces_have >= 20; }, 60s));
  leech.session().stop(kTheTorrent);
  ASSERT_TRUE(town.run_until([&] { return state_of(leech) == TorrentState::stopped; }, 60s));
  const ByteCount before = leech.status().downloaded;
  town.run_for(30s);
  EXPECT_EQ(leech.status().downloaded, before) << "nothing moves while it is stopped";
  EXPECT_EQ(leech.status().peers, 0u);

  leech.session().start(kTheTorrent);
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  EXPECT_TRUE(town.has_true_content(leech));
  EXPECT_GE(leech.status().downloaded, 4_MiB);
  EXPECT_LT(leech.status().downloaded, 5_MiB) << "what was on disk is not fetched again";
}

TEST(SessionControl, StartWhileItStillSaysGoodbyeGoesOnAfterwards) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().pieces_have >= 5; }, 60s));
  leech.session().stop(kTheTorrent);
  leech.session().start(kTheTorrent);
  EXPECT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  EXPECT_EQ(leech.count<Stopped>(), 1u);
}

TEST(SessionControl, StartOfARunningTorrentChangesNothing) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().pieces_have >= 5; }, 60s));
  leech.session().start(kTheTorrent);
  town.run_for(100ms);
  EXPECT_EQ(leech.status().peers, 1u);
  EXPECT_EQ(leech.count<Checked>(), 1u);
}

TEST(SessionControl, ARemovedTorrentIsForgottenButItsFilesStay) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  leech.session().remove(kTheTorrent);
  ASSERT_TRUE(town.run_until([&] { return leech.count<Removed>() == 1; }, 60s));
  EXPECT_FALSE(leech.session().contains(kTheTorrent));
  EXPECT_TRUE(leech.session().torrents().empty());
  EXPECT_EQ(leech.session().find(town.metainfo().info_hash), std::nullopt);
  EXPECT_TRUE(town.has_true_content(leech));
  EXPECT_TRUE(leech.session().is_stopped());
}

TEST(SessionControl, AStoppedTorrentCanBeRemovedAndAddedAgainUnderANewNumber) {
  Town town;
  auto& seed = town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  seed.session().stop(kTheTorrent);
  town.run_for(5s);
  ASSERT_EQ(state_of(seed), TorrentState::stopped);
  seed.session().remove(kTheTorrent);
  town.run_for(1s);
  AddTorrent again;
  again.metainfo = std::make_shared<protocol::Metainfo>(town.metainfo());
  EXPECT_EQ(seed.session().add(std::move(again)), TorrentId(1));
  town.run_for(5s);
  EXPECT_EQ(seed.session().status(TorrentId(1)).state, TorrentState::seeding);
}

TEST(SessionControl, PeersAreToldWithTheirWholeState) {
  Town town({.size = 16_MiB});
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().pieces_have >= 100; }, 60s));
  const std::vector<PeerStatus> peers = leech.session().peers(kTheTorrent);
  ASSERT_EQ(peers.size(), 1u);
  const PeerStatus& seed = peers.front();
  EXPECT_TRUE(seed.is_ready);
  EXPECT_TRUE(seed.is_seed);
  EXPECT_EQ(seed.pieces, 256u);
  EXPECT_EQ(seed.client, "Swarmlab/0.1");
  EXPECT_TRUE(seed.am_interested);
  EXPECT_FALSE(seed.peer_choking);
  EXPECT_FALSE(seed.peer_interested);
  EXPECT_GT(seed.requests_open, 0u);
  EXPECT_GT(seed.download_rate, BytesPerSecond(500'000));
  EXPECT_GE(seed.downloaded, 100 * 64_KiB);
  EXPECT_EQ(seed.uploaded, 0_B);
  EXPECT_LT(seed.silent, 1s);
  ASSERT_TRUE(seed.round_trip.has_value());
  EXPECT_GE(*seed.round_trip, 30ms) << "two links of 10 ms and a core, there and back";
}

TEST(SessionControl, PieceStatesAgreeWithTheStatus) {
  Town town({.size = 16_MiB});
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().pieces_have >= 100; }, 60s));
  const PiecesStatus pieces = leech.session().pieces(kTheTorrent);
  ASSERT_EQ(pieces.states.size(), 256u);
  EXPECT_EQ(static_cast<std::uint32_t>(std::ranges::count(pieces.states, PieceState::have)), leech.status().pieces_have);
  EXPECT_GT(std::ranges::count(pieces.states, PieceState::missing), 0);
  for (std::size_t i = 0; i < 256; ++i) {
    if (pieces.states[i] == PieceState::missing) {
      EXPECT_EQ(pieces.availability[i], 1u) << i;
    }
  }
}

TEST(SessionControl, ADisconnectedPeerIsGoneAndMayComeBackLater) {
  Town town({.size = 64_MiB});
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().pieces_have >= 5; }, 60s));
  const PeerKey key = leech.session().peers(kTheTorrent).front().key;
  EXPECT_TRUE(leech.session().disconnect(kTheTorrent, key));
  EXPECT_FALSE(leech.session().disconnect(kTheTorrent, key)) << "it has gone already";
  EXPECT_EQ(leech.status().peers, 0u);
  EXPECT_TRUE(town.run_until([&] { return leech.status().peers == 1; }, 60s)) << "neither side holds a grudge";
}

TEST(SessionControl, LimitsChangeWhileBytesFlow) {
  Town town({.size = 64_MiB});
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().downloaded >= 4_MiB; }, 60s));
  leech.session().set_limits({std::nullopt, BytesPerSecond(64 << 10)});
  EXPECT_EQ(leech.session().limits(), (Limits{std::nullopt, BytesPerSecond(64 << 10)}));
  town.run_for(5s);                             // what was asked for before is through
  const ByteCount before = leech.status().downloaded;
  town.run_for(20s);
  const ByteCount limited = leech.status().downloaded - before;
  EXPECT_GT(limited, 1_MiB);
  EXPECT_LT(limited, 2_MiB) << "20 s at 64 KiB/s are 1.25 MiB";
  leech.session().set_limits({});
  const ByteCount freed_at = leech.status().downloaded;
  town.run_for(10s);
  EXPECT_GT(leech.status().downloaded - freed_at, 5_MiB) << "the link's 1 MiB/s again";
}

TEST(SessionControl, ATorrentsOwnLimitHoldsWithinTheSessionsAndSurvivesARestart) {
  Town town({.size = 64_MiB});
  auto& seed = town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech");
  town.start();
  leech.session().set_limits(kTheTorrent, {std::nullopt, BytesPerSecond(64 << 10)});
  leech.session().set_limits({std::nullopt, BytesPerSecond(512 << 10)});
  town.run_for(30s);
  EXPECT_GT(leech.status().downloaded, 1_MiB);
  EXPECT_LT(leech.status().downloaded, 2_MiB + 512_KiB) << "30 s at 64 KiB/s are 1.9 MiB";
  leech.session().set_limits({std::nullopt, BytesPerSecond(16 << 10)});
  town.run_for(5s);
  const ByteCount before = leech.status().downloaded;
  town.run_for(40s);
  EXPECT_LT(leech.status().downloaded - before, 1_MiB) << "the session's is the narrower one now: 0.6 MiB";
  EXPECT_GT(leech.status().downloaded - before, 256_KiB);
  leech.session().set_limits({});
  seed.session().set_limits(kTheTorrent, {BytesPerSecond(32 << 10), std::nullopt});
  leech.session().stop(kTheTorrent);
  leech.session().start(kTheTorrent);
  town.run_for(5s);
  EXPECT_EQ(leech.session().limits(kTheTorrent), (Limits{std::nullopt, BytesPerSecond(64 << 10)}));
  const ByteCount sent = seed.status().uploaded;
  town.run_for(40s);
  EXPECT_LT(seed.status().uploaded - sent, 2_MiB) << "40 s at 32 KiB/s are 1.25 MiB";
}

TEST(SessionControl, ReannounceAsksTheTrackerNow) {
  Town town;
  auto& seed = town.add("seed", {.has = Town::kAll});
  town.start();
  town.run_for(5s);
  const auto announces = seed.count<TrackerAnswered>();
  seed.session().reannounce(kTheTorrent);
  town.run_for(2s);
  EXPECT_EQ(seed.count<TrackerAnswered>(), announces + 1);
}

TEST(SessionControl, AScrapeTellsTheSizeOfTheSwarmAlsoOfAPausedTorrent) {
  for (const char* tracker : {"http://tracker:80/announce", "udp://tracker:80/announce"}) {
    SCOPED_TRACE(tracker);
    Town town({.tracker = tracker});
    town.add("seed", {.has = Town::kAll});
    auto& leech = town.add("leech");
    town.start();
    ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
    leech.session().stop(kTheTorrent);
    ASSERT_TRUE(town.run_until([&] { return state_of(leech) == TorrentState::stopped; }, 60s));
    leech.session().scrape(kTheTorrent);
    leech.session().scrape(kTheTorrent);         // one answer is enough
    town.run_for(2s);
    EXPECT_EQ(leech.count<TrackerScraped>(), 1u);
    EXPECT_EQ(leech.status().swarm_seeds, 1u) << "we said goodbye";
    EXPECT_EQ(leech.status().swarm_leechers, 0u);
    EXPECT_EQ(leech.status().swarm_downloads, 1u);
    EXPECT_EQ(state_of(leech), TorrentState::stopped);
  }
}

TEST(SessionControl, AScrapeThatNobodyAnswersSaysWhy) {
  for (const auto& [tracker, why] : std::vector<std::pair<std::string, std::string>>{
           {"http://tracker:80/tell", "its address has no \"announce\""}, {"http://tracker:81/announce", "cannot connect"},
           {"", "the torrent names no tracker"}, {"ftp://tracker:21/announce", "trackers are reached by"}}) {
    Town town({.tracker = tracker});
    auto& seed = town.add("seed", {.has = Town::kAll});
    town.start();
    town.run_for(2s);
    seed.session().scrape(kTheTorrent);
    town.run_for(60s);
    EXPECT_EQ(seed.count<ScrapeFailed>(), 1u) << tracker;
    const auto said = std::ranges::find_if(seed.log(), [](const std::string& line) { return line.starts_with("nobody told"); });
    ASSERT_NE(said, seed.log().end());
    EXPECT_NE(said->find(why), std::string::npos) << *said;
  }
}

Citizen supervised(RestartPolicy policy) {
  Citizen citizen;
  citizen.settings.restart = policy;
  return citizen;
}

// Downloads a part of it; then its file cannot be used any more.
void break_the_disk(Town& town, Town::Resident& leech) {
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().pieces_have >= 10; }, 60s));
  leech.disk().set_fault("content", runtime::FileError::input_output);
  ASSERT_TRUE(town.run_until([&] { return state_of(leech) == TorrentState::failed; }, 60s));
}

TEST(Supervision, AFailedTorrentStaysFailedWhereNoPolicyBeginsItAgain) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", supervised({}));
  break_the_disk(town, leech);
  town.run_for(10min);
  EXPECT_EQ(state_of(leech), TorrentState::failed);
  EXPECT_EQ(leech.count<StorageFailed>(), 1u);
  EXPECT_EQ(leech.count<Restarting>() + leech.count<GivenUp>(), 0u);
}

TEST(Supervision, AFailedTorrentIsBegunAgainUntilItHasFailedTooOften) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", supervised({.strategy = RestartStrategy::one_for_one, .max_restarts = 3}));
  break_the_disk(town, leech);
  ASSERT_TRUE(town.run_until([&] { return leech.count<GivenUp>() == 1; }, 10min));
  EXPECT_EQ(leech.count<Restarting>(), 3u);
  EXPECT_EQ(leech.count<StorageFailed>(), 4u);
  EXPECT_EQ(leech.status().restarts, 3u);
  town.run_for(20min);
  EXPECT_EQ(leech.count<StorageFailed>(), 4u) << "it stays as it is";
}

TEST(Supervision, AFaultThatPassesCostsNoMoreThanARestart) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", supervised({.strategy = RestartStrategy::one_for_one, .pause = 20s}));
  break_the_disk(town, leech);
  ASSERT_TRUE(town.run_until([&] { return leech.count<Restarting>() == 1; }, 60s));
  leech.disk().set_fault("content", runtime::FileError::none);
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  EXPECT_TRUE(town.has_true_content(leech));
  EXPECT_EQ(leech.count<GivenUp>(), 0u);
}

TEST(Supervision, AFailedTorrentCanBeStartedByHand) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", supervised({}));
  break_the_disk(town, leech);
  leech.disk().set_fault("content", runtime::FileError::none);
  leech.session().start(kTheTorrent);
  EXPECT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
}

}  // namespace
}  // namespace swarmlab::client
