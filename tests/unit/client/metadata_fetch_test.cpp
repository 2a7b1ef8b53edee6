// Fetching an info dictionary from peers of all kinds (BEP 9; bugs B69, B70, B79).
#include "client/extensions/metadata_fetch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "protocol/hash/sha1.hpp"

namespace swarmlab::client {
namespace {

constexpr Duration kTimeout = 10s;

std::vector<std::byte> dictionary(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + i / 251);
  return bytes;
}

InfoHashV1 hash_of(const std::vector<std::byte>& bytes) { return InfoHashV1::from(protocol::sha1(bytes).view()); }

// Peers that answer every request in their own way, one second after it was made.
struct Peers {
  enum class Kind : std::uint8_t { honest, garbles, rejects, silent };
  struct Peer { Kind kind; std::int64_t size; };

  explicit Peers(std::size_t size) : truth(dictionary(size)), fetch(hash_of(truth), kTimeout) {}

  PeerKey add(Kind kind, std::optional<std::int64_t> size = {}) {
    const PeerKey key(static_cast<std::uint32_t>(peers.size()));
    peers.push_back({kind, size.value_or(static_cast<std::int64_t>(truth.size()))});
    fetch.offered(key, ByteCount(peers.back().size));
    return key;
  }
  // Runs until the metadata is there or the time is up; returns how long that took.
  Duration run(Duration limit) {
    const Time begin = now;
    std::vector<MetadataFetch::Request> under_way;
    while (!fetch.metadata() && now - begin < limit) {
      for (const auto& request : std::exchange(under_way, {})) answer(request);
      for (const PeerKey liar : fetch.take_liars()) liars.insert(liar);
      if (fetch.metadata()) break;
      for (const auto& request : fetch.next(now)) {
        ++asked[request.peer];
        under_way.push_back(request);
      }
      most_stored = std::max(most_stored, fetch.stored());
      now += 1s;
    }
    for (const PeerKey liar : fetch.take_liars()) liars.insert(liar);
    return now - begin;
  }
  void answer(const MetadataFetch::Request& request) {
    const Peer& peer = peers[request.peer.value()];
    if (peer.kind == Kind::rejects) fetch.rejected(request.peer, request.piece, now);
    if (peer.kind == Kind::rejects || peer.kind == Kind::silent) return;
    std::vector<std::byte> bytes(protocol::metadata_piece_length(ByteCount(peer.size), request.piece));
    const std::size_t begin = std::size_t{request.piece} * protocol::kMetadataPieceBytes;
    for (std::size_t i = 0; i < bytes.size() && begin + i < truth.size(); ++i) bytes[i] = truth[begin + i];
    if (peer.kind == Kind::garbles) bytes[0] ^= std::byte{0xff};
    fetch.received(request.peer, {request.piece, peer.size, bytes}, now);
  }

  std::vector<std::byte> truth;
  MetadataFetch fetch;
  std::vector<Peer> peers;
  std::set<PeerKey> liars;
  std::map<PeerKey, std::uint32_t> asked;
  ByteCount most_stored;
  Time now = kStart + 1s;
};
using Kind = Peers::Kind;

class MetadataOfSize : public ::testing::TestWithParam<std::size_t> {};

TEST_P(MetadataOfSize, ComesWholeFromOneHonestPeer) {
  Peers peers(GetParam());
  peers.add(Kind::honest);
  peers.run(1min);
  ASSERT_TRUE(peers.fetch.metadata()) << "bug B69";
  EXPECT_EQ(*peers.fetch.metadata(), peers.truth);
}
INSTANTIATE_TEST_SUITE_P(Edges, MetadataOfSize,
                         ::testing::Values(1, 16383, 16384, 16385, 32767, 32768, 32769, 49152, 49153));

TEST(MetadataFetch, AsksEachPieceOfOnePeerAndSeveralPeersAtOnce) {
  Peers peers(20 * 16384);
  for (int i = 0; i < 4; ++i) peers.add(Kind::honest);
  const auto requests = peers.fetch.next(peers.now);
  EXPECT_EQ(requests.size(), 4 * MetadataFetch::kOpen);
  std::set<std::uint32_t> pieces;
  for (const auto& request : requests) pieces.insert(request.piece);
  EXPECT_EQ(pieces.size(), requests.size());
  EXPECT_TRUE(peers.fetch.next(peers.now).empty()) << "nothing twice";
}

TEST(MetadataFetch, WhatASilentPeerWasAskedForIsAskedElsewhereAfterTheTimeout) {
  Peers peers(2 * 16384);
  const PeerKey silent = peers.add(Kind::silent);
  peers.fetch.next(peers.now);
  peers.add(Kind::honest);
  EXPECT_LE(peers.run(1min), kTimeout + 4s);
  EXPECT_TRUE(peers.fetch.metadata());
  EXPECT_FALSE(peers.liars.contains(silent)) << "silence is no lie";
}

TEST(MetadataFetch, APieceThatComesAfterItsTimeoutIsTaken) {
  Peers peers(100);
  const PeerKey slow = peers.add(Kind::silent);
  ASSERT_EQ(peers.fetch.next(peers.now).size(), 1u);
  peers.now += kTimeout;
  EXPECT_TRUE(peers.fetch.next(peers.now).empty()) << "nobody else has it, and this one needs a pause";
  peers.fetch.received(slow, {0, 100, peers.truth}, peers.now);
  EXPECT_TRUE(peers.fetch.metadata());
}

TEST(MetadataFetch, AfterARefusalThePeerIsLeftAloneForAPauseThatDoubles) {
  Peers peers(100);
  const PeerKey peer = peers.add(Kind::rejects);
  peers.run(60s);
  EXPECT_LE(peers.asked[peer], 5u);
  EXPECT_GE(peers.asked[peer], 3u);
}

TEST(MetadataFetch, AWrongSizeHeardFirstDoesNotStandInTheWay) {
  for (const std::int64_t lie : {1, 16384, 16 << 20}) {
    for (const Kind kind : {Kind::garbles, Kind::silent, Kind::rejects}) {
      Peers peers(40000);
      for (int i = 0; i < 3; ++i) peers.add(kind, lie);
      peers.add(Kind::honest);
      EXPECT_LE(peers.run(2min), 10s) << lie;
      EXPECT_TRUE(peers.fetch.metadata());
    }
  }
}

TEST(MetadataFetch, SizesThatNobodyCanMeanMakeNoSource) {
  Peers peers(100);
  for (const std::int64_t lie : {std::int64_t{0}, std::int64_t{-1}, (std::int64_t{16} << 20) + 1, std::int64_t{1} << 31}) {
    peers.add(Kind::garbles, lie);
  }
  EXPECT_EQ(peers.fetch.sources(), 0u);
}

TEST(MetadataFetch, OneWhoGaveAllOfAWrongWholeIsALiar) {
  Peers peers(40000);
  const PeerKey liar = peers.add(Kind::garbles);
  peers.run(10s);
  EXPECT_EQ(peers.liars, std::set{liar});
  EXPECT_EQ(peers.fetch.sources(), 0u);
  EXPECT_FALSE(peers.fetch.metadata());
  const PeerKey honest = peers.add(Kind::honest);
  peers.run(10s);
  EXPECT_TRUE(peers.fetch.metadata());
  EXPECT_FALSE(peers.liars.contains(honest));
}

TEST(MetadataFetch, AmongManyWhoGaveAWrongWholeOnlyTheLiarsAreFoundOut) {
  Peers peers(12 * 16384 + 5);
  std::set<PeerKey> liars;
  for (int i = 0; i < 9; ++i) {
    const bool lies = i % 3 != 1;
    const PeerKey key = peers.add(lies ? Kind::garbles : Kind::honest);
    if (lies) liars.insert(key);
  }
  EXPECT_LE(peers.run(2min), 60s) << "bug B70";
  ASSERT_TRUE(peers.fetch.metadata());
  EXPECT_EQ(*peers.fetch.metadata(), peers.truth);
  for (const PeerKey found : peers.liars) EXPECT_TRUE(liars.contains(found)) << found.value();
  EXPECT_GE(peers.liars.size(), 3u);
}

TEST(MetadataFetch, LiarsAloneNeverGiveMetadataAndAreAllFoundOut) {
  Peers peers(3 * 16384);
  for (int i = 0; i < 5; ++i) peers.add(Kind::garbles);
  peers.run(2min);
  EXPECT_FALSE(peers.fetch.metadata());
  EXPECT_EQ(peers.liars.size(), 5u);
  EXPECT_EQ(peers.fetch.stored(), 0_B);
}

TEST(MetadataFetch, HoldsNoMoreThanItsBoundWhateverIsClaimedAndSent) {
  Peers peers(40000);
  for (int i = 0; i < 10; ++i) peers.add(Kind::garbles, (std::int64_t{16} << 20) - i);
  peers.run(20min);
  EXPECT_LE(peers.most_stored, protocol::kMaxMetadataBytes + 16_KiB * 30);
  peers.add(Kind::honest);
  peers.run(1min);
  EXPECT_TRUE(peers.fetch.metadata());
}

TEST(MetadataFetch, WhatALeavingPeerWasAskedForIsFreeAtOnce) {
  Peers peers(100);
  const PeerKey gone = peers.add(Kind::silent);
  peers.fetch.next(peers.now);
  const PeerKey other = peers.add(Kind::honest);
  EXPECT_TRUE(peers.fetch.next(peers.now).empty());
  peers.fetch.left(gone);
  EXPECT_EQ(peers.fetch.next(peers.now), (std::vector{MetadataFetch::Request{other, 0}}));
}

TEST(MetadataFetch, DataOfAWrongLengthOrUnaskedChangesNothing) {
  Peers peers(100);
  const PeerKey peer = peers.add(Kind::silent);
  peers.fetch.received(peer, {0, 100, peers.truth}, peers.now);
  EXPECT_FALSE(peers.fetch.metadata()) << "nobody asked";
  peers.fetch.next(peers.now);
  peers.fetch.received(peer, {0, 100, Bytes(peers.truth).first(99)}, peers.now);
  EXPECT_EQ(peers.fetch.stored(), 0_B);
  EXPECT_EQ(peers.fetch.due(peers.now), peers.now + 5s) << "after a pause";
}

TEST(MetadataFetch, APeerMayCorrectItsSize) {
  Peers peers(40000);
  const PeerKey peer = peers.add(Kind::honest, 16384);
  peers.fetch.next(peers.now);
  peers.peers[peer.value()].size = 40000;
  peers.fetch.offered(peer, 40000_B);
  peers.run(10s);
  EXPECT_TRUE(peers.fetch.metadata());
}

}  // namespace
}  // namespace swarmlab::client
