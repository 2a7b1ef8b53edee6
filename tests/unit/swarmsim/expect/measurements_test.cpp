#include "swarmsim/expect/measurements.hpp"

#include <gtest/gtest.h>

#include "swarmsim/expect/parse_expectation.hpp"
#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

// A stage on which every metric is measured, beside a check that wants nothing.
class Measured : public ::testing::Test {
 protected:
  Measured() {
    stage.facts.peers[0].joins = kStart + 5s;
    stage.facts.peers[0].link_up = BytesPerSecond(1000);
  }

  void begin() {
    const Cast cast({{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}});
    const auto expectation = parse_expectation(
        "(a.announces + a.connections + a.open_requests + a.pieces + a.requests + a.failed_pieces + a.present + spread_straightness + "
        "a.entropy_median(b) + "
        "a.entropy_p20(b)) * (a.completed_at + a.download_time + a.first_piece_at + a.first_unchoke_at + a.joined_at + a.stopped_at + "
        "run_time + spread_at + a.slot_time_to(b) + a.slot_time_from(b) + a.regular_slot_time_to(b) + "
        "a.block_gap + a.block_gap_first + a.block_gap_last + a.choke_gap) * "
        "(a.download_rate + a.link_down + a.link_up) + a.downloaded + a.downloaded_from(b) + a.uploaded + a.uploaded_to(b) + a.useful + "
        "a.wasted + a.tracker_bytes + a.uploaded_by_first_completion + content < 1 B", cast);
    ASSERT_TRUE(expectation.has_value()) << expectation.error().what;
    all = std::make_shared<const Expectation>(*expectation);
    CheckArguments arguments;
    arguments.set("that", all);
    stage.begin("expect", arguments);
  }

  std::string of(Metric metric, HostId peer, std::vector<HostId> others = {}) {
    return number_text(stage.judge->measurements().value(metric, peer, others, kStart + 60s), manual_of(metric).unit);
  }
  bool is_settled(Metric metric, HostId peer, Duration now) { return stage.judge->measurements().is_settled(metric, peer, kStart + now); }

  Stage stage;
  std::shared_ptr<const Expectation> all;
};

TEST_F(Measured, TimesBeginWithTheRunAndDownloadsWithTheJoining) {
  begin();
  EXPECT_EQ(of(Metric::completed_at, kA), "never");
  EXPECT_FALSE(is_settled(Metric::download_time, kA, 6s));
  stage.received(6s, kB, kA, MessageKind::unchoke);
  stage.received(7s, kC, kA, MessageKind::unchoke);
  for (int piece = 0; piece < 4; ++piece) stage.whole_piece(std::chrono::seconds(10 + piece), kB, kA, piece);
  EXPECT_EQ(of(Metric::joined_at, kA), "5 s");
  EXPECT_EQ(of(Metric::first_unchoke_at, kA), "6 s");
  EXPECT_EQ(of(Metric::first_piece_at, kA), "10 s");
  EXPECT_EQ(of(Metric::completed_at, kA), "13 s");
  EXPECT_EQ(of(Metric::download_time, kA), "8 s");
  EXPECT_EQ(of(Metric::download_rate, kA), "131.072 kbit/s") << "128 KiB in 8 s";
  EXPECT_EQ(of(Metric::pieces, kA), "4");
  EXPECT_TRUE(is_settled(Metric::download_time, kA, 13s));
}

TEST_F(Measured, WhoHadEverythingWasCompleteWhenItJoined) {
  begin();
  EXPECT_EQ(of(Metric::completed_at, kB), "0 ns");
  EXPECT_EQ(of(Metric::download_rate, kB), "no number");
  EXPECT_EQ(of(Metric::first_piece_at, kB), "never");
  EXPECT_TRUE(is_settled(Metric::first_piece_at, kB, 0s)) << "nothing to wait for";
  EXPECT_TRUE(is_settled(Metric::first_unchoke_at, kB, 0s));
}

TEST_F(Measured, GapsAreThoseBetweenBlocksThatWereNews) {
  stage.facts.geometry = protocol::PieceGeometry(8_MiB, 32_KiB);
  for (PeerFacts& peer : stage.facts.peers) peer.has_at_start = protocol::Bitfield(stage.facts.geometry.piece_count());
  begin();
  Duration now = 10s;
  for (int block = 0; block < 300; ++block) {   // the first hundred slowly, the last ones at twice the usual pace
    now += block < 100 ? 3s : block < 200 ? 2s : 1s;
    stage.received(now, kB, kA, MessageKind::piece, block / 2, block % 2);
    stage.received(now, kC, kA, MessageKind::piece, block / 2, block % 2);
  }
  EXPECT_EQ(of(Metric::block_gap_first, kA), "3 s");
  EXPECT_EQ(of(Metric::block_gap, kA), "2 s");
  EXPECT_EQ(of(Metric::block_gap_last, kA), "1 s");
  EXPECT_EQ(of(Metric::block_gap, kB), "no number");
}

TEST_F(Measured, ChokesOfWhoWantsSomethingShowTheRounds) {
  begin();
  for (const HostId peer : {kB, kC, kD}) stage.received(1s, peer, kA, MessageKind::interested);
  stage.sent(10s, kA, kB, MessageKind::choke);
  stage.sent(10s, kA, kC, MessageKind::choke);
  EXPECT_EQ(of(Metric::choke_gap, kA), "no number") << "one moment";
  stage.received(12s, kD, kA, MessageKind::not_interested);
  stage.sent(12s, kA, kD, MessageKind::choke);
  stage.sent_late(20s, 27s, kA, kB, MessageKind::choke);   // it had waited behind blocks
  EXPECT_EQ(of(Metric::choke_gap, kA), "10 s");
  stage.sent(24s, kA, kC, MessageKind::choke);
  EXPECT_EQ(of(Metric::choke_gap, kA), "4 s");
}

TEST_F(Measured, OpenRequestsAreCountedWhereABlockComes) {
  begin();
  for (int block = 0; block < 5; ++block) stage.sent(10s, kA, kB, MessageKind::request, block / 2, block % 2);
  stage.sent(10s, kA, kC, MessageKind::request, 3, 0);
  EXPECT_EQ(of(Metric::open_requests, kA), "no number");
  stage.received(11s, kB, kA, MessageKind::piece, 0, 0);   // of five
  stage.received(12s, kB, kA, MessageKind::piece, 0, 1);   // of four
  stage.sent(12s, kA, kB, MessageKind::cancel, 1, 0);
  stage.received(13s, kB, kA, MessageKind::reject, 1, 0);
  stage.received(14s, kB, kA, MessageKind::piece, 2, 0);   // of one
  EXPECT_EQ(of(Metric::open_requests, kA), "4");
  stage.received(15s, kC, kA, MessageKind::choke);
  stage.received(16s, kC, kA, MessageKind::piece, 3, 0);   // of none: void
  EXPECT_EQ(of(Metric::open_requests, kA), "4");
}

TEST_F(Measured, PayloadCountsOnceAsUsefulAndEachTimeAsDownloaded) {
  begin();
  stage.received(10s, kB, kA, MessageKind::piece, 0, 0);
  stage.received(11s, kC, kA, MessageKind::piece, 0, 0);
  stage.received(12s, kC, kA, MessageKind::piece, 0, 1);
  EXPECT_EQ(of(Metric::downloaded, kA), "48 KiB");
  EXPECT_EQ(of(Metric::useful, kA), "32 KiB");
  EXPECT_EQ(of(Metric::wasted, kA), "16 KiB");
  EXPECT_EQ(of(Metric::uploaded, kC), "32 KiB");
  EXPECT_EQ(of(Metric::downloaded_from, kA, {kB}), "16 KiB");
  EXPECT_EQ(of(Metric::downloaded_from, kA, {kB, kC}), "48 KiB");
  EXPECT_EQ(of(Metric::uploaded_to, kC, {kA}), "32 KiB");
  EXPECT_EQ(of(Metric::uploaded_to, kC, {kB}), "0 B");
  EXPECT_EQ(of(Metric::download_rate, kA), "4.76 kbit/s") << "32 KiB in 55 s: it has not completed";
}

TEST_F(Measured, NobodyWaitsForWhoHasGone) {
  begin();
  stage.joined(kA, 5s);
  stage.stopped(kA, 20s);
  EXPECT_EQ(of(Metric::stopped_at, kA), "20 s");
  EXPECT_TRUE(is_settled(Metric::completed_at, kA, 20s));
  stage.joined(kA, 30s);
  EXPECT_EQ(of(Metric::stopped_at, kA), "never") << "it came back";
  EXPECT_FALSE(is_settled(Metric::completed_at, kA, 30s));
}

TEST_F(Measured, CountsMessagesAndConnections) {
  begin();
  stage.sent(6s, kA, kB, MessageKind::request, 0, 0);
  stage.sent(6s, kA, kB, MessageKind::request, 0, 1);
  stage.sent(7s, kA, kB, MessageKind::tracker_request);
  EXPECT_EQ(of(Metric::requests, kA), "2");
  EXPECT_EQ(of(Metric::announces, kA), "1");
  EXPECT_EQ(of(Metric::connections, kA), "3");
  EXPECT_EQ(of(Metric::connections, kD), "1");
}

TEST_F(Measured, APieceThatIsFalseCountsWithEachFetch) {
  begin();
  stage.whole_piece(10s, kB, kA, 0, Authentic::no);
  stage.whole_piece(11s, kB, kA, 0, Authentic::no);
  stage.whole_piece(12s, kB, kA, 0);
  EXPECT_EQ(of(Metric::failed_pieces, kA), "2");
  EXPECT_EQ(of(Metric::pieces, kA), "1");
}

TEST_F(Measured, APopulationIsWhoHasComeAndNotGone) {
  begin();
  stage.joined(kA, 5s);
  EXPECT_EQ(of(Metric::present, kA), "1");
  stage.stopped(kA, 20s);
  EXPECT_EQ(of(Metric::present, kA), "0");
  EXPECT_EQ(of(Metric::present, kB), "1");
}

TEST_F(Measured, WhatASeedSentByTheFirstCompletionIsKeptApart) {
  begin();
  for (int piece = 0; piece < 4; ++piece) stage.whole_piece(std::chrono::seconds(10 + piece), kB, kA, piece);
  stage.received(20s, kB, kA, MessageKind::piece, 0, 0);
  EXPECT_EQ(of(Metric::uploaded_by_first_completion, kB), "128 KiB");
  EXPECT_EQ(of(Metric::uploaded, kB), "144 KiB");
}

TEST_F(Measured, TheTransientEndsWithTheLastPieceThatOnlySeedsHad) {
  begin();
  for (int piece = 0; piece < 3; ++piece) stage.whole_piece(std::chrono::seconds(10 + piece), kB, kA, piece);
  EXPECT_EQ(of(Metric::spread_at, {}), "never");
  stage.whole_piece(13s, kC, kA, 3);
  EXPECT_EQ(of(Metric::spread_at, {}), "13 s");
  EXPECT_EQ(of(Metric::spread_straightness, {}), "1");
}

TEST_F(Measured, SlotsAreToldFromBothSides) {
  begin();
  stage.received(10s, kA, kB, MessageKind::interested);
  stage.sent(12s, kB, kA, MessageKind::unchoke);
  stage.judge->conclude({kStart + 60s, false}, stage.disks);
  EXPECT_EQ(of(Metric::slot_time_to, kB, {kA}), "48 s");
  EXPECT_EQ(of(Metric::slot_time_from, kA, {kB}), "48 s");
  EXPECT_EQ(of(Metric::slot_time_from, kA, {kC}), "0 ns");
  EXPECT_EQ(of(Metric::regular_slot_time_to, kB, {kA}), "48 s");
}

TEST_F(Measured, TrackerTalkCountsBothWays) {
  begin();
  stage.sent(7s, kA, kB, MessageKind::tracker_request);
  stage.received(8s, kB, kA, MessageKind::tracker_reply);
  EXPECT_EQ(of(Metric::tracker_bytes, kA), "32 KiB") << "16 KiB each, as the stage has it";
}

TEST_F(Measured, KnowsWhatTheScenarioStates) {
  begin();
  EXPECT_EQ(of(Metric::link_up, kA), "8 kbit/s");
  EXPECT_EQ(of(Metric::link_down, kA), "never") << "there is no limit";
  EXPECT_EQ(of(Metric::content, {}), "128 KiB");
  EXPECT_EQ(of(Metric::run_time, {}), "60 s");
}

}  // namespace
}  // namespace swarmlab::swarmsim
