// Super-seeding in whole clients (BEP 16): what the seed says, whom it serves, and that nobody starves.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/client/raw_peer.hpp"
#include "tests/unit/client/town.hpp"

namespace swarmlab::client {
namespace {

using namespace protocol;

Settings super_seeding() {
  Settings settings;
  settings.super_seeding = true;
  settings.upload_slots = 8;
  return settings;
}

std::vector<PieceIndex> haves(const RawPeer& peer) {
  std::vector<PieceIndex> pieces;
  for (const RawPeer::Heard& one : peer.heard()) {
    if (const auto* have = std::get_if<Have>(&one.message)) pieces.push_back(have->piece);
  }
  return pieces;
}

void greet(Town& town, RawPeer& peer, const Town::Resident& seed, char id) {
  peer.dial(seed.endpoint());
  peer.handshake(town.metainfo().info_hash, {.fast = true}, id);
  peer.send(HaveNone{});
  peer.send(Interested{});
  town.run_for(1s);
}

TEST(SuperSeeding, SeedClaimsNothingAndShowsOnePiece) {
  Town town;
  auto& seed = town.add("seed", {.has = Town::kAll, .settings = super_seeding()});
  town.start();
  town.run_for(1s);
  RawPeer p(town.world(), "p");
  greet(town, p, seed, 'p');
  EXPECT_EQ(p.count<HaveAll>() + p.count<BitfieldMessage>(), 0u);
  EXPECT_EQ(p.count<HaveNone>(), 1u);
  EXPECT_EQ(haves(p).size(), 1u) << p.transcript();
}

TEST(SuperSeeding, WhatWasNotShownIsNotServed) {
  Town town;
  auto& seed = town.add("seed", {.has = Town::kAll, .settings = super_seeding()});
  town.start();
  town.run_for(1s);
  RawPeer p(town.world(), "p");
  greet(town, p, seed, 'p');
  ASSERT_EQ(haves(p).size(), 1u);
  const PieceIndex shown = haves(p).front();
  const PieceIndex hidden(shown.value() == 0 ? 1 : 0);
  p.send(Request{{shown, BlockBegin(0), 16_KiB}});
  p.send(Request{{hidden, BlockBegin(0), 16_KiB}});
  town.run_for(1s);
  ASSERT_EQ(p.blocks<PieceHeader>().size(), 1u);
  EXPECT_EQ(p.blocks<PieceHeader>().front().piece, shown);
  ASSERT_EQ(p.blocks<Reject>().size(), 1u);
  EXPECT_EQ(p.blocks<Reject>().front().piece, hidden);
}

TEST(SuperSeeding, ThePieceMustBeSeenElsewhereBeforeTheNextIsShown) {
  Town town;
  auto& seed = town.add("seed", {.has = Town::kAll, .settings = super_seeding()});
  town.start();
  town.run_for(1s);
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  greet(town, p, seed, 'p');
  greet(town, q, seed, 'q');
  const PieceIndex first = haves(p).front();
  p.send(Have{first});
  town.run_for(5s);
  EXPECT_EQ(haves(p).size(), 1u) << "it may keep the piece to itself";
  q.send(Have{first});
  town.run_for(1s);
  EXPECT_EQ(haves(p).size(), 2u);
  EXPECT_EQ(haves(q).size(), 1u);
}

TEST(SuperSeeding, OneLeecherAloneGetsEverything) {
  Town town;
  auto& seed = town.add("seed", {.has = Town::kAll, .settings = super_seeding()});
  auto& leech = town.add("leech");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 30s)) << "bug B57: " << leech.status().pieces_have;
  EXPECT_EQ(seed.status().uploaded, 4_MiB);
}

TEST(SuperSeeding, ASwarmGetsEverythingForLittleMoreThanOneCopy) {
  Town town;
  auto& seed = town.add("seed", {.has = Town::kAll, .settings = super_seeding()});
  std::vector<Town::Resident*> leeches;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) leeches.push_back(&town.add(name));
  town.start();
  ASSERT_TRUE(town.run_until([&] {
    return std::ranges::all_of(leeches, [](const auto* leech) { return leech->is_complete(); });
  }, 2min));
  EXPECT_LT(seed.status().uploaded, 6_MiB) << "of 4 MiB";
}

TEST(SuperSeeding, ATorrentThatWasNotCompleteFromTheStartSeedsPlainly) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.settings = super_seeding()});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  RawPeer p(town.world(), "p");
  greet(town, p, leech, 'p');
  EXPECT_EQ(p.count<HaveAll>(), 1u);
}

// A leecher tells a super-seed of the piece that it got from there (bug B57), and spares all others that have a piece the HAVE.
TEST(SuperSeeding, ALeecherTellsTheSuperSeedThatItHasThePiece) {
  Town town({.tracker = ""});
  auto& leech = town.add("leech");
  town.start();
  town.run_for(1s);
  RawPeer p(town.world(), "p");
  p.dial(leech.endpoint());
  p.handshake(town.metainfo().info_hash, {.fast = true});
  p.send(HaveNone{});
  p.send(Have{PieceIndex(5)});
  p.send(Unchoke{});
  town.run_for(1s);
  for (const BlockRange& block : p.blocks<Request>()) {
    const ByteCount offset = town.metainfo().geometry.offset_of(block.piece) + ByteCount(block.begin.value());
    p.send_block(block, town.content(offset, block.length));
  }
  town.run_for(1s);
  ASSERT_EQ(leech.status().pieces_have, 1u);
  EXPECT_EQ(haves(p).size(), 1u) << p.transcript();
}

}  // namespace
}  // namespace swarmlab::client
