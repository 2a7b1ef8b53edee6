// What a client does on the wire with a peer that follows the protocol by hand: requests, chokes, rejects,
// interest, late and unwanted blocks (BEP 3, BEP 6).
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/client/scripted_town.hpp"
#include "tests/unit/client/scripted_tracker.hpp"

namespace swarmlab::client {
namespace {

using namespace protocol;

// No block twice in a list of requests.
bool all_different(std::vector<BlockRange> blocks) {
  std::ranges::sort(blocks);
  return std::ranges::adjacent_find(blocks) == blocks.end();
}

// ---- interest and chokes ----

TEST(PeerProtocol, IsInterestedInWhoHasWhatItLacksAndAsksNothingWhileChoked) {
  Leeching town;
  RawPeer p(town.world(), "p");
  town.join(p);
  town.run_for(2min);
  EXPECT_EQ(p.count<Interested>(), 1u) << p.transcript();
  EXPECT_EQ(p.count<Request>(), 0u) << "no Unchoke yet (bug B18)";
}

TEST(PeerProtocol, AsksAtOnceWhenUnchoked) {
  Leeching town;
  RawPeer p(town.world(), "p");
  town.join(p);
  p.send(Unchoke{});
  town.run_for(100ms);
  EXPECT_GE(p.count<Request>(), Settings().request_depth_min);
  EXPECT_TRUE(all_different(p.blocks<Request>()));
}

TEST(PeerProtocol, InterestFollowsEachHave) {
  Leeching town;
  RawPeer p(town.world(), "p");
  town.join(p, kPlain, std::vector<std::uint32_t>{});
  EXPECT_EQ(p.count<Interested>(), 0u);
  p.send(Have{PieceIndex(3)});
  town.run_for(100ms);
  EXPECT_EQ(p.count<Interested>(), 1u);
  p.send(Unchoke{});
  town.serve_all(p, 2s);
  EXPECT_EQ(p.count<NotInterested>(), 1u) << "it has nothing else (bug B11)";
  for (const BlockRange& block : p.blocks<Request>()) EXPECT_EQ(block.piece, PieceIndex(3));
  p.send(Have{PieceIndex(5)});
  town.run_for(100ms);
  EXPECT_EQ(p.count<Interested>(), 2u);
  EXPECT_EQ(p.blocks<Request>().back().piece, PieceIndex(5)) << "still unchoked: asked at once";
}

TEST(PeerProtocol, ChokeWithoutFastVoidsRequestsAndTheyGoElsewhereAtOnce) {
  Leeching town;
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p);
  town.join(q, kPlain, {}, 'q');
  p.send(Unchoke{});
  town.run_for(100ms);
  const auto lost = p.blocks<Request>();
  p.send(Choke{});
  q.send(Unchoke{});
  town.serve_all(q, 5s);
  EXPECT_EQ(p.blocks<Request>(), lost) << "nothing while choked";
  EXPECT_TRUE(town.leech.is_complete());
}

TEST(PeerProtocol, BlocksThatArriveAfterAChokeWithoutFastAreTakenToo) {
  Leeching town;
  RawPeer p(town.world(), "p");
  town.join(p);
  p.send(Unchoke{});
  town.run_for(100ms);
  const auto asked = p.blocks<Request>();
  p.send(Choke{});
  for (const BlockRange& block : asked) town.serve(p, block);
  town.run_for(1s);
  EXPECT_EQ(town.leech.status().wasted, 0_B) << "bug B28";
  EXPECT_TRUE(p.is_open());
}

TEST(PeerProtocol, AfterChokeAndUnchokeTheSamePeerIsAskedForTheSameBlocks) {
  Leeching town;
  RawPeer p(town.world(), "p");
  town.join(p);
  p.send(Unchoke{});
  town.run_for(100ms);
  p.send(Choke{});
  town.run_for(70s);
  p.forget_heard();
  p.send(Unchoke{});
  town.run_for(100ms);
  EXPECT_GE(p.count<Request>(), Settings().request_depth_min) << "neither reserved nor snubbed (bugs B19, B38)";
  town.serve_all(p, 10s);
  EXPECT_TRUE(town.leech.is_complete());
}

TEST(PeerProtocol, WithFastAChokeLeavesRequestsOpenUntilTheyAreAnswered) {
  Leeching town;
  RawPeer p(town.world(), "p");
  town.join(p, kFast);
  p.send(Unchoke{});
  town.run_for(100ms);
  const auto asked = p.blocks<Request>();
  ASSERT_GE(asked.size(), 4u);
  p.send(Choke{});
  p.send(Unchoke{});
  town.run_for(100ms);
  EXPECT_EQ(p.blocks<Request>(), asked) << "no request is repeated before its Reject (bug B20)";
  for (const BlockRange& block : asked) p.send(Reject{block});
  town.run_for(100ms);
  EXPECT_GT(p.blocks<Request>().size(), asked.size()) << "asks on after the last Reject (bug B22)";
}

TEST(PeerProtocol, AChokedPeerThatNeverRejectsIsNotSnubbedForIt) {
  Leeching town;
  RawPeer p(town.world(), "p");
  town.join(p, kFast);
  p.send(Unchoke{});
  town.run_for(100ms);
  const std::size_t asked = p.count<Request>();
  p.send(Choke{});
  town.run_for(70s);
  EXPECT_EQ(p.count<Cancel>(), asked) << "they are not waited for any longer";
  p.forget_heard();
  p.send(Unchoke{});
  town.run_for(100ms);
  EXPECT_GE(p.count<Request>(), Settings().request_depth_min) << "at full depth (bug B38)";
}

TEST(PeerProtocol, BlocksThatArriveAfterAFastChokeAreTaken) {
  Leeching town;
  RawPeer p(town.world(), "p");
  town.join(p, kFast);
  p.send(Unchoke{});
  town.run_for(100ms);
  const auto asked = p.blocks<Request>();
  p.send(Choke{});
  for (const BlockRange& block : asked) town.serve(p, block);
  town.run_for(1s);
  EXPECT_EQ(town.leech.status().wasted, 0_B);
  EXPECT_EQ(p.blocks<Request>(), asked);
  EXPECT_TRUE(p.is_open());
}

TEST(PeerProtocol, RejectedBlocksAreAskedElsewhereAtOnce) {
  Leeching town;
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p, kFast);
  town.join(q, kFast, {}, 'q');
  p.send(Unchoke{});
  town.run_for(100ms);
  const auto asked = p.blocks<Request>();
  for (const BlockRange& block : asked) p.send(Reject{block});
  q.send(Unchoke{});
  town.serve_all(q, 5s);
  EXPECT_TRUE(town.leech.is_complete()) << town.leech.status().pieces_have;
}

TEST(PeerProtocol, APeerThatRejectsEverythingIsNotAskedInALoop) {
  Leeching town;
  RawPeer p(town.world(), "p");
  town.join(p, kFast, std::vector<std::uint32_t>{0});
  p.send(Unchoke{});
  std::size_t rejected = 0;
  for (int i = 0; i < 600; ++i) {
    const auto asked = p.blocks<Request>();
    for (; rejected < asked.size(); ++rejected) p.send(Reject{asked[rejected]});
    town.run_for(100ms);
  }
  EXPECT_GE(p.count<Request>(), 8u) << "it may change its mind: asked again now and then";
  EXPECT_LE(p.count<Request>(), 60u);
}

TEST(PeerProtocol, AllowedFastPiecesAreAskedForWhileChoked) {
  Leeching town;
  RawPeer p(town.world(), "p");
  town.join(p, kFast);
  p.send(AllowedFast{PieceIndex(7)});
  town.serve_all(p, 1s);
  EXPECT_EQ(p.count<Request>(), 4u) << p.transcript();
  for (const BlockRange& block : p.blocks<Request>()) EXPECT_EQ(block.piece, PieceIndex(7));
}

TEST(PeerProtocol, AllowedFastAdvertisesNothing) {
  Leeching town;
  RawPeer p(town.world(), "p");
  town.join(p, kFast, std::vector<std::uint32_t>{1});
  p.send(AllowedFast{PieceIndex(7)});
  p.send(Suggest{PieceIndex(7)});
  p.send(Unchoke{});
  town.run_for(1s);
  for (const BlockRange& block : p.blocks<Request>()) EXPECT_EQ(block.piece, PieceIndex(1)) << "bug B16";
}

// ---- blocks ----

TEST(PeerProtocol, BlockOnItsWayWhenItsRequestTimedOutIsTakenAndNotAskedForAgain) {
  Leeching town;
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p, kPlain, std::vector<std::uint32_t>{0});
  p.send(Unchoke{});
  town.run_for(100ms);
  const auto asked = p.blocks<Request>();
  ASSERT_EQ(asked.size(), 4u);
  town.run_for(70s);
  EXPECT_EQ(p.count<Cancel>(), 4u) << p.transcript();
  for (const BlockRange& block : asked) town.serve(p, block);
  town.run_for(1s);
  EXPECT_TRUE(p.is_open()) << "a late block is no crime (bug B27)";
  EXPECT_EQ(town.leech.status().pieces_have, 1u) << "it is a block all the same (bug B28)";
  EXPECT_EQ(town.leech.status().wasted, 0_B);
}

TEST(PeerProtocol, WhatNobodyAskedForIsWastedAndBuysNoPatience) {
  // A tar pit that sends junk instead of what it was asked for must lose its requests like any other.
  Leeching town;
  RawPeer p(town.world(), "p", 1);
  town.join(p, kPlain);
  p.send(Unchoke{});
  town.run_for(100ms);
  const auto asked = p.blocks<Request>();
  const BlockRange junk{PieceIndex(15), BlockBegin(0), 16_KiB};
  ASSERT_TRUE(std::ranges::find(asked, junk) == asked.end());
  for (int i = 0; i < 9; ++i) {
    town.serve(p, BlockRange{PieceIndex(15), BlockBegin(1), 16_KiB - 1_B});   // no block that we ever ask for
    town.run_for(10s);
  }
  EXPECT_GE(p.count<Cancel>(), asked.size()) << p.transcript();
  EXPECT_EQ(town.leech.status().wasted, (16_KiB - 1_B) * 9);
  EXPECT_EQ(town.leech.status().download_rate, BytesPerSecond(0)) << "useless bytes earn no slot (bug B10)";
}

TEST(PeerProtocol, NoBlockIsAskedTwiceOfTheSamePeerWhileItOwesIt) {
  Leeching town({.size = 1_MiB, .piece_length = 256_KiB});
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p, kFast);
  town.join(q, kFast, {}, 'q');
  p.send(Unchoke{});
  q.send(Unchoke{});
  town.serve_all(q, 10s);   // p never delivers: the end-game asks q for p's blocks too
  EXPECT_TRUE(all_different(p.blocks<Request>()));
  EXPECT_TRUE(all_different(q.blocks<Request>()));
  EXPECT_TRUE(town.leech.is_complete());
  EXPECT_EQ(p.count<Cancel>(), p.count<Request>()) << "each open duplicate is cancelled (bugs B35, B36)";
}

TEST(PeerProtocol, TheLastBlockIsNotHeldHostage) {
  Leeching town;
  RawPeer tar_pit(town.world(), "tar pit", 1);
  RawPeer fast(town.world(), "fast", 2);
  town.join(tar_pit);
  town.join(fast, kPlain, {}, 'f');
  tar_pit.send(Unchoke{});
  town.run_for(100ms);
  fast.send(Unchoke{});
  const Time begun = town.world().now();
  town.serve_all(fast, 10s);
  ASSERT_TRUE(town.leech.is_complete());
  EXPECT_LT(town.world().now() - begun, 11s) << "bug B33";
}

TEST(PeerProtocol, BlocksOfAPeerThatLeavesAreAskedElsewhereAtOnce) {
  Leeching town;
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p);
  p.send(Unchoke{});
  town.run_for(100ms);
  ASSERT_GT(p.count<Request>(), 0u);
  town.serve(p, p.blocks<Request>().front());
  town.run_for(100ms);
  p.close();
  town.join(q, kPlain, {}, 'q');
  q.send(Unchoke{});
  town.serve_all(q, 3s);
  EXPECT_TRUE(town.leech.is_complete()) << "bug B37";
  EXPECT_EQ(town.leech.status().wasted, 0_B);
}

TEST(PeerProtocol, AnIdlePeerIsAskedAtOnceForWhatAnotherHeldWhenItLeft) {
  Settings settings;
  settings.end_game = false;
  Leeching town({.size = 64_KiB, .piece_length = 64_KiB}, settings);
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p);
  town.join(q, kPlain, {}, 'q');
  p.send(Unchoke{});
  town.run_for(100ms);
  q.send(Unchoke{});
  town.run_for(100ms);
  ASSERT_EQ(p.count<Request>(), 4u);
  ASSERT_EQ(q.count<Request>(), 0u);
  p.close();
  town.run_for(100ms);
  EXPECT_EQ(q.count<Request>(), 4u) << "bug B37";
}

TEST(PeerProtocol, AFailedPieceIsFetchedAgainFromElsewhereAndItsOnlySourceIsBanned) {
  Leeching town;
  RawPeer liar(town.world(), "liar", 1);
  RawPeer honest(town.world(), "honest", 2);
  town.join(liar, kPlain, std::vector<std::uint32_t>{4});
  liar.send(Unchoke{});
  town.run_for(100ms);
  for (const BlockRange& block : liar.blocks<Request>()) town.serve(liar, block, 9);
  town.run_for(1s);
  EXPECT_FALSE(liar.is_open());
  EXPECT_EQ(town.leech.count<PieceFailed>(), 1u);
  EXPECT_EQ(town.leech.count<PeerBanned>(), 1u);
  EXPECT_EQ(liar.count<Have>(), 0u) << "bug B48";
  liar.dial(town.leech.endpoint());
  liar.handshake(town.metainfo().info_hash, kPlain);
  town.run_for(1s);
  EXPECT_FALSE(liar.is_open()) << "a ban holds (bug B46)";
  town.join(honest, kPlain, {}, 'h');
  honest.send(Unchoke{});
  town.serve_all(honest, 5s);
  EXPECT_TRUE(town.leech.is_complete()) << "bug B41";
  EXPECT_EQ(town.leech.status().wasted, 64_KiB);
}

TEST(PeerProtocol, WhatTrackersAreToldNeverFallsThoughPiecesFail) {
  Town town({.size = 256_KiB, .piece_length = 64_KiB, .tracker = "udp://scripted:80/announce"});
  ScriptedTracker tracker(town.world(), "scripted", 1);
  tracker.interval = std::chrono::seconds(2);
  auto& leech = town.add("leech");
  town.start();
  town.run_for(1s);
  RawPeer p(town.world(), "p", 1);
  p.dial(leech.endpoint());
  p.handshake(town.metainfo().info_hash, kFast);
  p.send(HaveAll{});
  p.send(Unchoke{});
  std::size_t served = 0;
  for (int i = 0; i < 100; ++i, town.run_for(100ms)) {   // one block in each, the first piece bad, then good ones
    const auto asked = p.blocks<Request>();
    if (served >= asked.size()) continue;
    const BlockRange block = asked[served++];
    p.send_block(block, town.content(town.metainfo().geometry.offset_of(block.piece) + ByteCount(block.begin.value()),
                                     block.length, served <= 4 ? 9 : 0));
  }
  ASSERT_EQ(leech.count<PieceFailed>(), 1u);
  ByteCount before;
  for (const auto& packet : tracker.announces()) {
    EXPECT_GE(packet.request.downloaded, before) << "bug B64";
    EXPECT_EQ(packet.request.downloaded + packet.request.left, 256_KiB);
    before = packet.request.downloaded;
  }
  EXPECT_GE(tracker.announces().size(), 4u);
}

TEST(PeerProtocol, ReadingGoesOnWhenASlowDiskHasCaughtUp) {
  Settings settings;
  settings.write_backlog = 48_KiB;
  Leeching town({.size = 1_MiB, .piece_length = 64_KiB}, settings, {.write_latency = 500ms});
  RawPeer p(town.world(), "p");
  town.join(p);
  p.send(Unchoke{});
  town.serve_all(p, 40s);
  EXPECT_TRUE(town.leech.is_complete()) << town.leech.status().pieces_have;
}

TEST(PeerProtocol, OfAMixedPieceTheLiarIsFoundAndTheInnocentKept) {
  Leeching town({.size = 128_KiB, .piece_length = 64_KiB});
  RawPeer liar(town.world(), "liar", 1);
  RawPeer honest(town.world(), "honest", 2);
  town.join(liar, kPlain, std::vector<std::uint32_t>{0});
  liar.send(Unchoke{});
  town.run_for(100ms);
  ASSERT_EQ(liar.count<Request>(), 4u);
  town.serve(liar, liar.blocks<Request>().front(), 9);
  town.run_for(50ms);
  liar.send(Choke{});
  town.join(honest, kPlain, {}, 'h');
  honest.send(Unchoke{});
  town.serve_all(honest, 5s);
  EXPECT_TRUE(town.leech.is_complete());
  EXPECT_FALSE(liar.is_open()) << "named by comparing digests after the refetch";
  EXPECT_EQ(town.leech.count<PeerBanned>(), 1u);
}

TEST(PeerProtocol, HaveIsSentWhenThePieceIsWrittenToWhoeverLacksIt) {
  Leeching town;
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p, kPlain, std::vector<std::uint32_t>{2});
  town.join(q, kPlain, std::vector<std::uint32_t>{}, 'q');
  p.send(Unchoke{});
  town.serve_all(p, 1s);
  EXPECT_EQ(q.count<Have>(), 1u) << "bug B17";
  EXPECT_EQ(p.count<Have>(), 0u) << "it has the piece";
}

TEST(PeerProtocol, HaveWaitsForASlowDisk) {
  Leeching town({.size = 1_MiB, .piece_length = 64_KiB}, {}, {.write_latency = 5s});
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p, kPlain, std::vector<std::uint32_t>{2});
  town.join(q, kPlain, std::vector<std::uint32_t>{}, 'q');
  p.send(Unchoke{});
  town.serve_all(p, 4s);
  EXPECT_EQ(q.count<Have>(), 0u) << "hashed, not written (bug B48)";
  EXPECT_EQ(town.leech.status().left, 1_MiB);
  town.run_for(20s);
  EXPECT_EQ(q.count<Have>(), 1u);
}

TEST(PeerProtocol, NoHaveForAPieceThatCouldNotBeWritten) {
  Leeching town;
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p);
  town.join(q, kPlain, std::vector<std::uint32_t>{}, 'q');
  town.leech.disk().set_fault("content", runtime::FileError::input_output);
  p.send(Unchoke{});
  town.serve_all(p, 2s);
  EXPECT_EQ(q.count<Have>(), 0u) << "bug B50";
  EXPECT_EQ(town.leech.status().state, TorrentState::failed);
  EXPECT_FALSE(p.is_open());
}

TEST(PeerProtocol, RequestsNeverExceedWhatThePeerDeclares) {
  Leeching town({.size = 4_MiB, .piece_length = 64_KiB});
  RawPeer p(town.world(), "p");
  p.dial(town.leech.endpoint());
  p.handshake(town.metainfo().info_hash, {.extension_protocol = true, .fast = true});
  const std::string reqq = "d4:reqqi3ee";
  p.send(Extended{0, as_bytes(reqq)});
  p.send(HaveAll{});
  p.send(Unchoke{});
  std::size_t answered = 0;
  for (int i = 0; i < 40; ++i) {
    town.run_for(100ms);
    const auto asked = p.blocks<Request>();
    EXPECT_LE(asked.size() - answered, 3u) << "bug B24";
    for (; answered < asked.size(); ++answered) town.serve(p, asked[answered]);
  }
  EXPECT_GT(answered, 20u);
}

// ---- sizes ----

class OddSizes : public testing::TestWithParam<std::pair<std::int64_t, std::int64_t>> {};   // total, piece length

TEST_P(OddSizes, AreAskedForWithinBoundsAndComplete) {
  const auto [total, piece_length] = GetParam();
  Leeching town({.size = ByteCount(total), .piece_length = ByteCount(piece_length)});
  RawPeer p(town.world(), "p");
  town.join(p);
  p.send(Unchoke{});
  town.serve_all(p, 30s);
  EXPECT_TRUE(town.leech.is_complete()) << town.leech.status().pieces_have << " of " << town.leech.status().pieces_total;
  for (const BlockRange& block : p.blocks<Request>()) {
    EXPECT_TRUE(town.metainfo().geometry.is_block(block)) << to_string(Message(Request{block})) << " (bug B29)";
  }
  EXPECT_TRUE(town.has_true_content(town.leech));
}

INSTANTIATE_TEST_SUITE_P(Matrix, OddSizes,
                         testing::Values(std::pair{1, 16384}, std::pair{1, 16}, std::pair{160, 16}, std::pair{161, 16},
                                         std::pair{159, 16}, std::pair{240, 24}, std::pair{241, 24}, std::pair{239, 24},
                                         std::pair{500000, 50000}, std::pair{500001, 50000}, std::pair{499999, 50000},
                                         std::pair{655360, 65536}, std::pair{655361, 65536}, std::pair{655359, 65536},
                                         std::pair{16384, 65536}, std::pair{16383, 65536}, std::pair{65537, 65536}));

}  // namespace
}  // namespace swarmlab::client
