// Who is banned for bad pieces, how often that is said, and for how long it holds.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/client/scripted_town.hpp"

namespace swarmlab::client {
namespace {

using namespace protocol;

constexpr std::uint32_t kSpoiler = 9;

// Answers everything that the peer was asked for and has not answered: blocks of these pieces falsely.
void answer(Leeching& town, RawPeer& peer, std::initializer_list<std::uint32_t> falsely) {
  const auto asked = peer.blocks<Request>();
  for (std::size_t& next = town.served[&peer]; next < asked.size(); ++next) {
    const bool lies = std::ranges::find(falsely, asked[next].piece.value()) != falsely.end();
    town.serve(peer, asked[next], lies ? kSpoiler : 0);
  }
  town.run_for(500ms);
}

TEST(Culprit, IsReportedOnceForTwoSpoiltPieces) {
  Leeching town({.size = 1_MiB, .piece_length = 32_KiB}, {}, {.write_latency = 300ms});   // both are whole before either is judged
  RawPeer liar(town.world(), "liar");
  town.join(liar, kFast, std::vector<std::uint32_t>{4, 5});
  liar.send(Unchoke{});
  town.run_for(100ms);
  ASSERT_EQ(liar.count<Request>(), 4u) << "both pieces whole";
  answer(town, liar, {4, 5});
  town.run_for(3s);
  EXPECT_EQ(town.leech.count<PieceFailed>(), 2u);
  EXPECT_EQ(town.leech.count<PeerBanned>(), 1u);
  EXPECT_FALSE(liar.is_open());
}

TEST(Culprit, MayComeBackWhenItsBanIsOver) {
  Settings settings;
  settings.ban_time = 60s;
  Leeching town({.size = 1_MiB, .piece_length = 64_KiB}, settings);
  RawPeer liar(town.world(), "liar");
  town.join(liar, kFast, std::vector<std::uint32_t>{4});
  liar.send(Unchoke{});
  town.run_for(100ms);
  answer(town, liar, {4});
  ASSERT_EQ(town.leech.count<PeerBanned>(), 1u);
  town.run_for(58s);
  town.join(liar, kFast);
  EXPECT_FALSE(liar.is_open()) << "a ban holds for its time";
  town.run_for(3s);
  town.join(liar, kFast);
  EXPECT_TRUE(liar.is_open());
}

TEST(Culprit, IsBannedForItsFirstBadPieceWhateverItGaveBefore) {
  Leeching town({.size = 64_MiB, .piece_length = 64_KiB});
  RawPeer turncoat(town.world(), "turncoat");
  town.join(turncoat, kFast);
  turncoat.send(Unchoke{});
  town.serve_all(turncoat, 1s);
  const auto good = town.leech.status().pieces_have;
  ASSERT_GT(good, 8u);
  ASSERT_FALSE(town.leech.is_complete());
  for (int i = 0; i < 20 && turncoat.is_open(); ++i) {
    town.run_for(100ms);
    for (const auto asked = turncoat.blocks<Request>(); town.served[&turncoat] < asked.size(); ++town.served[&turncoat]) {
      town.serve(turncoat, asked[town.served[&turncoat]], kSpoiler);
    }
  }
  EXPECT_EQ(town.leech.count<PieceFailed>(), 1u);
  EXPECT_EQ(town.leech.count<PeerBanned>(), 1u);
  EXPECT_FALSE(turncoat.is_open());
  EXPECT_GE(town.leech.status().pieces_have, good) << "what it gave before was verified, and stays";
}

TEST(Culprit, InAMixedPieceProvesItselfOnParoleWithoutARefetch) {
  // Piece 0 comes half from each and fails; both are on parole and fetch whole pieces, and the liar's next one is bad.
  Leeching town({.size = 512_KiB, .piece_length = 64_KiB});
  RawPeer liar(town.world(), "liar", 1);
  RawPeer honest(town.world(), "honest", 2);
  town.join(liar, kPlain, std::vector<std::uint32_t>{0});
  liar.send(Unchoke{});
  town.run_for(100ms);
  ASSERT_EQ(liar.count<Request>(), 4u);
  for (int i = 0; i < 2; ++i) town.serve(liar, liar.blocks<Request>()[static_cast<std::size_t>(i)], kSpoiler);
  town.served[&liar] = 4;
  town.run_for(100ms);
  liar.send(Choke{});
  town.join(honest, kPlain, std::vector<std::uint32_t>{0}, 'h');
  honest.send(Unchoke{});
  town.run_for(100ms);
  ASSERT_EQ(honest.count<Request>(), 2u);
  answer(town, honest, {});
  ASSERT_EQ(town.leech.count<PieceFailed>(), 1u);
  ASSERT_EQ(town.leech.count<PeerBanned>(), 0u) << "nobody is proven guilty by a mixed piece";
  ASSERT_TRUE(liar.is_open());

  ASSERT_EQ(honest.count<Request>(), 6u) << "piece 0 anew";
  town.serve(honest, honest.blocks<Request>()[2]);
  town.run_for(100ms);
  honest.send(Choke{});
  liar.send(Have{PieceIndex(1)});
  liar.send(Unchoke{});
  town.run_for(200ms);
  const auto asked = liar.blocks<Request>();
  ASSERT_EQ(asked.size(), 8u);
  for (std::size_t i = 4; i < 8; ++i) EXPECT_EQ(asked[i].piece, PieceIndex(1)) << "a piece of its own, not the rest of piece 0";
  answer(town, liar, {1});
  EXPECT_EQ(town.leech.count<PeerBanned>(), 1u);
  EXPECT_FALSE(liar.is_open());
  EXPECT_TRUE(honest.is_open());
}

TEST(Culprit, OnParoleStaysSoWhenItHangsUpAndComesBack) {
  Leeching town({.size = 512_KiB, .piece_length = 64_KiB});
  RawPeer liar(town.world(), "liar", 1);
  RawPeer honest(town.world(), "honest", 2);
  town.join(honest, kPlain, std::vector<std::uint32_t>{0}, 'h');
  honest.send(Unchoke{});
  town.run_for(100ms);
  town.serve(honest, honest.blocks<Request>().front());
  town.run_for(100ms);
  honest.send(Choke{});
  town.join(liar, kPlain, std::vector<std::uint32_t>{0});
  liar.send(Unchoke{});
  town.run_for(100ms);
  answer(town, liar, {0});
  ASSERT_EQ(town.leech.count<PieceFailed>(), 1u);
  liar.close();
  honest.send(Unchoke{});
  town.run_for(200ms);
  town.serve(honest, honest.blocks<Request>().back());   // a block of the second try: piece 0 is company now
  town.run_for(100ms);
  honest.send(Choke{});
  liar.forget_heard();
  town.served[&liar] = 0;
  town.join(liar, kPlain, std::vector<std::uint32_t>{0, 1});
  liar.send(Unchoke{});
  town.run_for(100ms);
  ASSERT_EQ(liar.count<Request>(), 4u);
  for (const BlockRange& block : liar.blocks<Request>()) EXPECT_EQ(block.piece, PieceIndex(1));
}

}  // namespace
}  // namespace swarmlab::client
