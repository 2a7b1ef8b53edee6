// What the engine does about a peer that gave much and falls silent, and how much it asks for altogether.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "tests/unit/client/scripted_town.hpp"

namespace swarmlab::client {
namespace {

using namespace protocol;
using testing::Contains;

// A peer that served for three seconds and then stops, and what it owes by then.
struct LatePeer : testing::Test {
  LatePeer() : town({.size = 128_MiB, .piece_length = 256_KiB}), gone(town.world(), "gone", 1), other(town.world(), "other", 2) {
    town.join(gone, kFast);
    gone.send(Unchoke{});
    town.serve_all(gone, 3s);
    town.run_for(1s);   // what it sent arrives, and is asked for anew
    const auto asked = gone.blocks<Request>();
    owed.assign(asked.begin() + static_cast<std::ptrdiff_t>(town.served[&gone]), asked.end());
    cancels_before = gone.count<Cancel>();
  }
  std::size_t cancels() const { return gone.count<Cancel>() - cancels_before; }
  // Connects the other peer, which answers nothing of its own accord.
  void meet_other() {
    town.join(other, kFast, {}, 'o');
    other.send(Unchoke{});
    town.run_for(200ms);
  }

  Leeching town;
  RawPeer gone;
  RawPeer other;
  std::vector<BlockRange> owed;
  std::size_t cancels_before = 0;
};

TEST_F(LatePeer, KeepsItsOldestRequestAndLosesTheRest) {
  ASSERT_GT(owed.size(), 8u);
  meet_other();
  town.run_for(8s);
  EXPECT_EQ(cancels(), owed.size() - 1) << gone.transcript();
  EXPECT_THAT(gone.blocks<Cancel>(), testing::Not(Contains(owed.front())));
}

TEST_F(LatePeer, WhatItOwesComesFromAQuickPeerSoonAndIsCancelled) {
  meet_other();
  town.serve_all(other, 9s);
  ASSERT_FALSE(town.leech.is_complete());
  for (const BlockRange& block : owed) EXPECT_THAT(other.blocks<Request>(), Contains(block));
  for (const BlockRange& block : owed) EXPECT_THAT(gone.blocks<Cancel>(), Contains(block));
  EXPECT_EQ(town.leech.status().wasted, 0_B);
}

TEST_F(LatePeer, IsAskedForOneBlockAtATimeUntilItSendsOne) {
  meet_other();
  town.run_for(8s);
  std::size_t before = gone.count<Request>();
  town.serve_all(other, 1s);
  town.run_for(20s);
  EXPECT_LE(gone.count<Request>(), before + 4) << "one, and another whenever that was late";
  ASSERT_FALSE(town.leech.is_complete());
  before = gone.count<Request>();
  town.serve(gone, gone.blocks<Request>().back());
  town.run_for(200ms);
  EXPECT_GE(gone.count<Request>(), before + 4) << "bug B38";
}

TEST_F(LatePeer, LosesNothingThatOnlyItHas) {
  town.run_for(30s);
  EXPECT_EQ(cancels(), 0u) << gone.transcript();
  for (const BlockRange& block : owed) town.serve(gone, block);
  town.run_for(1s);
  EXPECT_GT(gone.count<Request>(), town.served[&gone] + owed.size()) << "and goes on where it was";
  EXPECT_EQ(town.leech.status().wasted, 0_B);
}

TEST_F(LatePeer, MaySendAfterAllWhatItWasCutOffFrom) {
  meet_other();
  town.run_for(8s);
  ASSERT_GT(cancels(), 0u);
  const ByteCount before = town.leech.status().left;
  for (const BlockRange& block : owed) town.serve(gone, block);
  town.run_for(1s);
  EXPECT_TRUE(gone.is_open());
  EXPECT_LT(town.leech.status().left, before) << "bug B28";
  EXPECT_EQ(town.leech.status().wasted, 0_B);
}

TEST(LateBlock, AskedForTwiceMayBeRejectedOnceAndStillCome) {
  Settings settings;
  settings.request_timeout = 2s;
  Leeching town({.size = 32_KiB, .piece_length = 16_KiB}, settings);
  RawPeer slow(town.world(), "slow", 1);
  town.join(slow, kFast);
  slow.send(Unchoke{});
  const auto times_given_up = [&](const BlockRange& block) { return std::ranges::count(slow.blocks<Cancel>(), block); };
  const BlockRange first{.piece = PieceIndex(0), .begin = BlockBegin(0), .length = 16_KiB};
  for (int i = 0; i < 100 && times_given_up(first) < 2; ++i) town.run_for(500ms);
  ASSERT_EQ(times_given_up(first), 2);
  slow.send(Reject{first});
  town.serve(slow, first);
  town.run_for(1s);
  EXPECT_EQ(town.leech.status().left, 16_KiB);
  EXPECT_EQ(town.leech.status().wasted, 0_B);
}

// Three peers that unchoke at once and give nothing.
struct MutePeers {
  explicit MutePeers(Leeching& where) : town(where) {
    for (std::size_t i = 0; i < peers.size(); ++i) {
      town.join(peers[i], kFast, {}, static_cast<char>('a' + i));
      peers[i].send(Unchoke{});
    }
    town.run_for(1s);
  }
  std::size_t requests() const {
    std::size_t sum = 0;
    for (const RawPeer& peer : peers) sum += peer.count<Request>();
    return sum;
  }
  Leeching& town;
  std::array<RawPeer, 3> peers{RawPeer(town.world(), "mute 1", 2), RawPeer(town.world(), "mute 2", 3), RawPeer(town.world(), "mute 3", 4)};
};

TEST(LastPlaceAtABlock, IsKeptForAPeerThatHasGivenSomething) {
  Leeching town({.size = 1_MiB, .piece_length = 16_KiB});
  const auto serve_all_but = [&](RawPeer& peer, ByteCount rest) {
    for (std::size_t i = 0; town.leech.status().left > rest; ++i) {
      town.serve(peer, peer.blocks<Request>().at(i));
      town.run_for(50ms);   // it arrives, and is asked for anew
    }
  };
  RawPeer early(town.world(), "early", 1);
  town.join(early, kPlain, {}, 'e');
  early.send(Unchoke{});
  town.run_for(50ms);
  serve_all_but(early, 512_KiB);
  early.send(Choke{});
  RawPeer giver(town.world(), "giver", 5);
  town.join(giver, kFast);
  giver.send(Unchoke{});
  town.run_for(50ms);
  serve_all_but(giver, 16_KiB);
  const MutePeers mute(town);
  EXPECT_EQ(mute.requests(), 1u) << "of three places one is the giver's, and one is nobody's yet; bug B33";
  const std::size_t before = early.count<Request>();
  early.send(Unchoke{});
  town.run_for(500ms);
  EXPECT_EQ(early.count<Request>(), before + 1);
}

TEST(LastPlaceAtABlock, IsForAnybodyWhileNobodyGives) {
  Leeching town({.size = 16_KiB, .piece_length = 16_KiB});
  EXPECT_EQ(MutePeers(town).requests(), 3u);
}

TEST(RequestWindow, IsSharedByThePeersThatMayBeAsked) {
  Settings settings;
  settings.request_window = 96_KiB;
  Leeching town({.size = 4_MiB, .piece_length = 64_KiB}, settings);
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  RawPeer r(town.world(), "r", 3);
  town.join(p, kFast);
  town.join(q, kFast, {}, 'q');
  town.join(r, kFast, {}, 'r');   // it chokes: it has no share
  p.send(Unchoke{});
  town.run_for(200ms);
  EXPECT_EQ(p.count<Request>(), 4u) << "six are its share, four a beginner's depth";
  q.send(Unchoke{});
  town.run_for(200ms);
  EXPECT_EQ(q.count<Request>(), 3u);
  town.serve_all(p, 2s);
  EXPECT_EQ(p.count<Request>() - town.served[&p], 3u) << "whatever its rate";
}

}  // namespace
}  // namespace swarmlab::client
