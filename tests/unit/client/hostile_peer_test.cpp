// What a client makes of peers that break the rules: that connection ends, everything else goes on.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "protocol/big_endian.hpp"
#include "tests/unit/client/scripted_town.hpp"

namespace swarmlab::client {
namespace {

using namespace protocol;

std::vector<std::byte> wire(std::uint32_t length, std::initializer_list<int> rest) {
  std::vector<std::byte> bytes;
  append_be(bytes, length);
  for (const int byte : rest) bytes.push_back(static_cast<std::byte>(byte));
  return bytes;
}

// Greets with `features`, sends these bytes, and returns whether the connection lives on.
bool survives(Town& town, const Endpoint& client, RawPeer& peer, Features features, const std::vector<std::byte>& bytes) {
  peer.dial(client);
  peer.handshake(town.metainfo().info_hash, features);
  peer.send_bytes(Bytes(bytes));
  town.run_for(1s);
  const bool lives = peer.is_open();
  peer.close();
  town.run_for(1s);
  return lives;
}

TEST(HostilePeer, IndicesThatDoNotExistEndTheConnectionOnly) {
  Leeching town;
  RawPeer p(town.world(), "p");
  const std::uint32_t n = town.metainfo().geometry.piece_count();
  for (const std::uint32_t index : {n, n + 1, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    for (const Message& message : std::vector<Message>{
             Have{PieceIndex(index)}, Suggest{PieceIndex(index)}, AllowedFast{PieceIndex(index)},
             Request{{PieceIndex(index), BlockBegin(0), 16_KiB}}, Cancel{{PieceIndex(index), BlockBegin(0), 16_KiB}}}) {
      std::vector<std::byte> bytes;
      encode(message, bytes);
      EXPECT_FALSE(survives(town, town.leech.endpoint(), p, kFast, bytes)) << to_string(message);
    }
  }
  EXPECT_EQ(town.leech.status().state, TorrentState::downloading);
}

TEST(HostilePeer, RangesThatWrapAreRefused) {
  Seeding town;
  RawPeer p(town.world(), "p");
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  const std::vector<std::pair<std::uint32_t, std::int64_t>> ranges{
      {0, 0}, {65536, 1}, {65535, 2}, {0, 65537}, {kMost, 1}, {kMost, 16384}, {kMost - 16383, 16384}, {0, kMost}, {16384, kMost}};
  for (const auto& [begin, length] : ranges) {
    const BlockRange range{PieceIndex(0), BlockBegin(begin), ByteCount(length)};
    std::vector<std::byte> bytes;
    encode(Message(Request{range}), bytes);
    EXPECT_FALSE(survives(town, town.seed.endpoint(), p, kPlain, bytes)) << begin << " " << length;
  }
  RawPeer honest(town.world(), "honest", 2);
  town.join(honest);
  town.request(honest, 0, 1);
  town.run_for(1s);
  EXPECT_EQ(honest.count<PieceHeader>(), 1u);
}

TEST(HostilePeer, MoreThan128KiBAtOnceIsTooMuchToAskFor) {
  Seeding town({.size = 1_MiB, .piece_length = 512_KiB});
  RawPeer p(town.world(), "p");
  for (const auto& [length, is_fine] : {std::pair{128_KiB, true}, std::pair{128_KiB + 1_B, false}}) {
    std::vector<std::byte> bytes;
    encode(Message(Request{{PieceIndex(0), BlockBegin(0), length}}), bytes);
    EXPECT_EQ(survives(town, town.seed.endpoint(), p, kPlain, bytes), is_fine) << length.value();
  }
}

TEST(HostilePeer, BlocksThatDoNotFitTheTorrentEndTheConnection) {
  Leeching town;
  RawPeer p(town.world(), "p");
  for (const BlockRange& block : {BlockRange{PieceIndex(16), BlockBegin(0), 1_B}, BlockRange{PieceIndex(0), BlockBegin(65536), 1_B},
                                  BlockRange{PieceIndex(15), BlockBegin(65535), 2_B}}) {
    std::vector<std::byte> bytes;
    encode(Message(PieceHeader{block}), bytes);
    bytes.resize(bytes.size() + block.length.size());
    EXPECT_FALSE(survives(town, town.leech.endpoint(), p, kPlain, bytes)) << to_string(Message(Request{block}));
  }
}

TEST(HostilePeer, EveryMessageNumberWithEveryShortLengthLeavesTheClientAlive) {
  Leeching town;
  RawPeer p(town.world(), "p");
  for (int id = 0; id <= 21; ++id) {
    for (std::uint32_t length = 1; length <= 20; ++length) {
      std::vector<std::byte> bytes = wire(length, {id});
      bytes.resize(4 + length);
      survives(town, town.leech.endpoint(), p, {.extension_protocol = true, .fast = true}, bytes);
    }
  }
  EXPECT_EQ(town.leech.status().state, TorrentState::downloading);
  EXPECT_EQ(town.leech.status().pieces_have, 0u);
}

TEST(HostilePeer, FastMessagesWithoutTheFastExtensionEndTheConnection) {
  Leeching town;
  RawPeer p(town.world(), "p");
  for (const Message& message :
       std::vector<Message>{HaveAll{}, HaveNone{}, Suggest{PieceIndex(0)}, AllowedFast{PieceIndex(0)},
                            Reject{{PieceIndex(0), BlockBegin(0), 16_KiB}}}) {
    std::vector<std::byte> bytes;
    encode(message, bytes);
    EXPECT_FALSE(survives(town, town.leech.endpoint(), p, kPlain, bytes)) << to_string(message) << " (bug B58)";
    EXPECT_TRUE(survives(town, town.leech.endpoint(), p, kFast, bytes)) << to_string(message);
  }
}

TEST(HostilePeer, FastMessagesAreSentOnlyWhenBothSpeakFast) {
  for (const bool ours : {false, true}) {
    for (const bool theirs : {false, true}) {
      Settings settings;
      settings.fast_extension = ours;
      Seeding town({.size = 1_MiB, .piece_length = 64_KiB}, {.settings = settings});
      RawPeer p(town.world(), "p");
      town.join(p, {.fast = theirs});
      ASSERT_TRUE(p.greeted());
      EXPECT_EQ(p.greeted()->features.fast, ours);
      EXPECT_EQ(p.count<HaveAll>(), ours && theirs ? 1u : 0u);
      EXPECT_EQ(p.count<BitfieldMessage>(), ours && theirs ? 0u : 1u);
    }
  }
}

TEST(HostilePeer, MalformedBitfieldsEndTheConnection) {
  Leeching town({.size = 64_KiB * 12, .piece_length = 64_KiB});   // 12 pieces: two bytes, four spare bits
  RawPeer p(town.world(), "p");
  const Endpoint client = town.leech.endpoint();
  EXPECT_TRUE(survives(town, client, p, kPlain, wire(3, {5, 0xff, 0xf0})));
  EXPECT_FALSE(survives(town, client, p, kPlain, wire(3, {5, 0xff, 0xf8}))) << "spare bit";
  EXPECT_FALSE(survives(town, client, p, kPlain, wire(2, {5, 0xff}))) << "short";
  EXPECT_FALSE(survives(town, client, p, kPlain, wire(4, {5, 0xff, 0xf0, 0}))) << "long";
  EXPECT_FALSE(survives(town, client, p, kPlain, wire(1, {5}))) << "empty";
  EXPECT_FALSE(survives(town, client, p, kFast, wire(1, {1, 0, 0, 0, 1, 15}))) << "have-none, but late";
}

TEST(HostilePeer, LaterBitfieldIsTakenForHaves) {
  // BEP 3 allows a bitfield as the first message only; aria2 1.36 repeats it when it has got some pieces.
  Leeching town({.size = 64_KiB * 12, .piece_length = 64_KiB});
  RawPeer p(town.world(), "p");
  const Endpoint client = town.leech.endpoint();
  EXPECT_TRUE(survives(town, client, p, kPlain, wire(3, {5, 0, 0, 0, 0, 0, 3, 5, 0x80, 0})));
  EXPECT_TRUE(survives(town, client, p, kPlain, wire(1, {1, 0, 0, 0, 3, 5, 0x80, 0})));
}

TEST(HostilePeer, OurBitfieldComesFirstAndIsWellFormed) {
  for (const std::uint32_t pieces : {1u, 7u, 8u, 9u, 63u, 64u, 65u}) {
    Seeding town({.size = 16_KiB * pieces, .piece_length = 16_KiB});
    RawPeer p(town.world(), "p");
    town.join(p, {.extension_protocol = true});
    ASSERT_FALSE(p.heard().empty());
    ASSERT_TRUE(std::holds_alternative<BitfieldMessage>(p.heard().front().message)) << p.transcript();
    const auto field = Bitfield::from_wire(Bytes(p.heard().front().payload), pieces);
    ASSERT_TRUE(field) << pieces << " (bug B14)";
    EXPECT_TRUE(field->all());
    EXPECT_EQ(p.count<BitfieldMessage>(), 1u);
  }
}

TEST(HostilePeer, AnAnswerForAnotherTorrentIsNoPeer) {
  Leeching town;
  RawPeer p(town.world(), "p");
  p.listen();
  town.leech.session().add_peer(TorrentId(0), p.endpoint());
  town.run_for(100ms);
  InfoHashV1 other;
  p.handshake(other, kPlain);
  town.run_for(1s);
  EXPECT_FALSE(p.is_open());
  EXPECT_EQ(town.leech.count<PeerConnected>(), 0u);
}

TEST(HostilePeer, ADiallerOfAnUnknownTorrentHearsNothing) {
  Leeching town;
  RawPeer p(town.world(), "p");
  p.dial(town.leech.endpoint());
  InfoHashV1 other;
  p.handshake(other, kPlain);
  town.run_for(1s);
  EXPECT_FALSE(p.is_open());
  EXPECT_FALSE(p.greeted());
}

TEST(HostilePeer, AnotherPeerOfTheSameIdIsRefusedUntilTheFirstHasGone) {
  Leeching town;
  RawPeer first(town.world(), "first", 1);
  RawPeer second(town.world(), "second", 2);
  town.join(first, kPlain, {}, 'x');
  town.join(second, kPlain, {}, 'x');
  EXPECT_TRUE(first.is_open());
  EXPECT_FALSE(second.is_open());
  first.close();
  town.run_for(1s);
  town.join(second, kPlain, {}, 'x');
  EXPECT_TRUE(second.is_open()) << "bug B61";
}

TEST(HostilePeer, APeerThatDialsAndNeverGreetsIsDroppedInTime) {
  Leeching town;
  RawPeer p(town.world(), "p");
  p.listen();
  town.leech.session().add_peer(TorrentId(0), p.endpoint());
  town.run_for(1s);
  ASSERT_EQ(p.connections(), 1u);
  town.run_for(Settings().connect_timeout + Settings().handshake_timeout + 6s);
  EXPECT_FALSE(p.is_open());
  town.run_for(1min);
  EXPECT_GE(p.connections(), 2u) << "tried again later";
}

TEST(HostilePeer, OneWhoDoesNotReadIsCutOffBeforeItsAnswersFillTheMemory) {
  Seeding town;
  RawPeer p(town.world(), "p", 1);
  p.dial(town.seed.endpoint());
  p.handshake(town.metainfo().info_hash, kFast);
  town.run_for(1s);
  p.pause_reading();
  std::vector<std::byte> requests;   // each gets a Reject of the same size: we are choked
  for (int i = 0; i < 4096; ++i) encode(Message(Request{town.block(0)}), requests);
  int rounds = 0;
  for (; p.is_open() && rounds < 400; ++rounds) {
    p.send_bytes(Bytes(requests));
    town.run_for(20ms);
    if (town.seed.status().peers == 0) break;
  }
  EXPECT_EQ(town.seed.status().peers, 0u) << "bug B79";
  EXPECT_LT(ByteCount::from_size(requests.size()) * rounds, 12_MiB) << "at once, not at the next look";
}

TEST(HostilePeer, WhoIsNotReadFromForOurOwnReasonsIsNotBlamed) {
  // 200 B/s: the blocks that one read takes cost five minutes, more than the patience with a request and with silence.
  Settings limited;
  limited.down_limit = BytesPerSecond(200);
  Leeching town({.size = 256_KiB, .piece_length = 64_KiB}, limited);
  RawPeer p(town.world(), "p");
  town.join(p);
  p.send(Unchoke{});
  town.serve_all(p, 25min);
  EXPECT_TRUE(town.leech.is_complete()) << town.leech.status().pieces_have;
  EXPECT_EQ(p.count<Cancel>(), 0u) << p.transcript();
  EXPECT_EQ(town.leech.status().wasted, 0_B);
}

TEST(HostilePeer, KeepAlivesChangeNothingWhereverTheyStand) {
  Leeching town;
  RawPeer p(town.world(), "p");
  p.dial(town.leech.endpoint());
  p.handshake(town.metainfo().info_hash, kPlain);
  p.send(KeepAlive{});
  p.send(KeepAlive{});
  Bitfield all(16);
  all.set_all();
  p.send(BitfieldMessage{all.wire()});
  p.send(KeepAlive{});
  p.send(Unchoke{});
  p.send(KeepAlive{});
  town.run_for(200ms);
  EXPECT_GT(p.count<Request>(), 0u) << "bug B40";
  town.serve_all(p, 5s);
  EXPECT_TRUE(town.leech.is_complete());
}

TEST(HostilePeer, SegmentationDoesNotMatter) {
  Seeding town;
  RawPeer p(town.world(), "p");
  PeerId id;
  id.bytes.fill(std::byte{'p'});
  std::vector<std::byte> said;
  const auto greeting = encode(Handshake{kPlain, town.metainfo().info_hash, id});
  said.insert(said.end(), greeting.begin(), greeting.end());
  encode(Message(Interested{}), said);
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{67}, kHandshakeBytes, kHandshakeBytes + 2, said.size()}) {
    p.dial(town.seed.endpoint());
    for (std::size_t at = 0; at < said.size(); at += step) {
      p.send_bytes(Bytes(said).subspan(at, std::min(step, said.size() - at)));
      town.run_for(50ms);
    }
    town.run_for(1s);
    EXPECT_EQ(p.count<Unchoke>(), 1u) << "in steps of " << step << " (bug B59)";
    p.close();
    town.run_for(11s);
  }
}

}  // namespace
}  // namespace swarmlab::client
