// Torrents that begin as a magnet link (BEP 9, BEP 10), in virtual time.
#include <gtest/gtest.h>

#include "client/extensions/metadata_exchange.hpp"
#include "protocol/extension_handshake.hpp"
#include "protocol/hash/sha1.hpp"
#include "protocol/metadata_message.hpp"
#include "tests/unit/client/scripted_town.hpp"
#include "tests/unit/client/scripted_tracker.hpp"

namespace swarmlab::client {
namespace {

using namespace protocol;

constexpr Features kExtended{.extension_protocol = true, .fast = true};
constexpr std::uint8_t kTheirMetadata = 9;   // what a raw peer calls ut_metadata

Settings exchanging() {
  Settings settings;
  settings.metadata_exchange = true;
  return settings;
}

// A town of one client that knows a hash, and peers that it meets.
struct Linked : Town {
  explicit Linked(Torrenting torrent = {.size = 1_MiB, .piece_length = 64_KiB, .tracker = "", .has_info = true},
                  Settings settings = exchanging())
      : Town(torrent), leech(add("leech", {.settings = settings, .by_magnet = true})) {}
  void begin() {
    start();
    run_for(1s);
  }
  void join(RawPeer& peer, Features features = kExtended, char id = 'p') {
    peer.dial(leech.endpoint());
    peer.handshake(metainfo().info_hash, features, id);
    run_for(200ms);
  }
  static void offer(RawPeer& peer, ByteCount size) {
    const auto payload = encode(ExtensionHandshake{.message_ids = {{"ut_metadata", kTheirMetadata}}, .metadata_size = size});
    peer.send(Extended{0, payload});
  }
  // Answers every request for metadata that was not answered yet.
  void serve_metadata(RawPeer& peer, Bytes info) {
    for (; served < peer.heard().size(); ++served) {
      const RawPeer::Heard& heard = peer.heard()[served];
      const auto* extended = std::get_if<Extended>(&heard.message);
      if (extended == nullptr || extended->id != kTheirMetadata) continue;
      const auto message = decode_metadata_message(heard.payload);
      const auto* request = message ? std::get_if<MetadataRequest>(&*message) : nullptr;
      if (request == nullptr) continue;
      const ByteCount size = ByteCount::of(info);
      const auto reply = encode(MetadataData{request->piece, size.value(),
                                             info.subspan(std::size_t{request->piece} * kMetadataPieceBytes,
                                                          metadata_piece_length(size, request->piece))});
      peer.send(Extended{1, reply});   // our number: the client's handshake gave it
    }
  }
  void bring_metadata(RawPeer& peer) {
    offer(peer, ByteCount::of(metainfo().info));
    for (int i = 0; i < 20; ++i) {
      run_for(100ms);
      serve_metadata(peer, metainfo().info);
    }
  }
  Resident& leech;
  std::size_t served = 0;
};

std::vector<ExtensionHandshake> handshakes(const RawPeer& peer) {
  std::vector<ExtensionHandshake> found;
  for (const auto& heard : peer.heard()) {
    const auto* extended = std::get_if<Extended>(&heard.message);
    if (extended != nullptr && extended->id == 0) found.push_back(*decode_extension_handshake(heard.payload));
  }
  return found;
}

TEST(Magnet, FetchesTheMetadataFromASeedAndThenTheContent) {
  Town town({.has_info = true});
  town.add("seed", {.has = Town::kAll, .settings = exchanging()});
  auto& leech = town.add("leech", {.settings = exchanging(), .by_magnet = true});
  town.start();
  EXPECT_EQ(leech.status().state, TorrentState::fetching_metadata);
  EXPECT_FALSE(leech.is_complete());
  EXPECT_EQ(leech.session().metainfo(TorrentId(0)), nullptr);
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  EXPECT_TRUE(town.has_true_content(leech));
  EXPECT_EQ(leech.count<MetadataReceived>(), 1u);
  EXPECT_EQ(leech.session().metainfo(TorrentId(0))->info, town.metainfo().info);
  EXPECT_EQ(leech.session().metainfo(TorrentId(0))->trackers, town.metainfo().trackers) << "of the link";
}

TEST(Magnet, MetadataSpreadsThroughPeersThatBeganWithALinkThemselves) {
  Town town({.size = 16_MiB, .piece_length = 16_KiB, .has_info = true});   // 20 KiB of hashes: two pieces of metadata
  town.add("seed", {.has = Town::kAll, .settings = exchanging()});
  std::vector<Town::Resident*> leeches;
  for (const char* name : {"a", "b", "c", "d"}) leeches.push_back(&town.add(name, {.settings = exchanging(), .by_magnet = true}));
  town.start();
  EXPECT_TRUE(town.run_until([&] {
    return std::ranges::all_of(leeches, [](const auto* leech) { return leech->is_complete(); });
  }, 5min));
}

TEST(Magnet, TellsItsTrackerOnceThatItStartedAndOnceThatItCompleted) {
  Town town({.tracker = "udp://scripted:80/announce", .has_info = true});
  ScriptedTracker tracker(town.world(), "scripted", 9);
  auto& seed = town.add("seed", {.has = Town::kAll, .settings = exchanging()});
  auto& leech = town.add("leech", {.settings = exchanging(), .by_magnet = true});
  town.start(leech);
  town.start(seed);
  town.run_for(1s);
  leech.session().add_peer(TorrentId(0), seed.endpoint());
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  town.run_for(5s);
  std::string events;
  for (const auto& packet : tracker.announces()) {
    if (packet.request.peer_id == leech.session().peer_id()) {
      events += std::string(to_string(packet.request.event)) + (packet.request.left.value() > 0 ? "(left) " : "(none left) ");
    }
  }
  EXPECT_EQ(events, "started(left) completed(none left) ") << "bugs B62, B64";
}

// ---- what came before the metadata (bug B13) ----

struct Early { const char* name; std::vector<Message> says; };

TEST(Magnet, WhatAPeerSaidOfItsPiecesBeforeTheMetadataIsNotForgotten) {
  const std::vector<std::byte> all_bits(2, std::byte{0xff});   // 16 pieces
  const std::vector<Early> ways = {
      {"bitfield", {BitfieldMessage{all_bits}, Unchoke{}}},
      {"have-all", {HaveAll{}, Unchoke{}}},
      {"haves", {HaveNone{}, Have{PieceIndex(3)}, Have{PieceIndex(15)}, Unchoke{}}},
      {"unchoked first", {Unchoke{}, Have{PieceIndex(0)}}},
  };
  for (const Early& way : ways) {
    Linked town;
    town.begin();
    RawPeer p(town.world(), "p", 1);
    RawPeer q(town.world(), "q", 2);
    town.join(p, kExtended, 'p');
    for (const Message& message : way.says) p.send(message);
    town.join(q, kExtended, 'q');
    q.send(HaveNone{});
    EXPECT_EQ(p.count<Interested>(), 0u) << way.name;
    town.bring_metadata(q);
    EXPECT_EQ(p.count<Interested>(), 1u) << way.name << '\n' << p.transcript();
    EXPECT_GE(p.count<Request>(), 1u) << way.name;
    EXPECT_EQ(q.count<Request>(), 0u) << way.name;
  }
}

TEST(Magnet, EarlyInterestLeadsToAnUnchoke) {
  Linked town;
  town.begin();
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p, kExtended, 'p');
  p.send(Interested{});
  town.join(q, kExtended, 'q');
  town.bring_metadata(q);
  town.run_for(15s);
  EXPECT_EQ(p.count<Unchoke>(), 1u) << p.transcript();
}

TEST(Magnet, RequestsBeforeTheMetadataAreRejectedAndBlocksIgnored) {
  Linked town;
  town.begin();
  RawPeer p(town.world(), "p");
  town.join(p);
  p.send(Request{{PieceIndex(0), BlockBegin(0), 16_KiB}});
  p.send_block({PieceIndex(0), BlockBegin(0), 16_KiB}, town.content(ByteCount(0), 16_KiB));
  town.run_for(1s);
  EXPECT_EQ(p.count<Reject>(), 1u);
  EXPECT_TRUE(p.is_open());
  EXPECT_EQ(p.count<HaveNone>(), 1u) << "what it has, as far as it knows";
}

TEST(Magnet, MalformedBitfieldFromBeforeTheMetadataEndsTheConnectionThen) {
  Linked town;
  town.begin();
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p, kExtended, 'p');
  const std::vector<std::byte> too_long(3, std::byte{0xff});
  p.send(BitfieldMessage{too_long});
  town.join(q, kExtended, 'q');
  EXPECT_TRUE(p.is_open());
  town.bring_metadata(q);
  EXPECT_FALSE(p.is_open()) << "bug B14";
  EXPECT_TRUE(q.is_open());
}

TEST(Magnet, PeerThatSaysTooMuchTooEarlyIsLetGo) {
  Linked town;
  town.begin();
  RawPeer p(town.world(), "p");
  town.join(p);
  const std::vector<std::byte> longest(1 << 20, std::byte{0xff});
  for (int i = 0; i < 2; ++i) p.send(BitfieldMessage{longest});
  town.run_for(30s);
  EXPECT_FALSE(p.is_open()) << "bug B79";
}

TEST(Magnet, ContentThatIsThereAlreadyIsCheckedAndTold) {
  Linked town;
  const runtime::Slice half = town.content(ByteCount(0), 512_KiB);
  town.leech.disk().put_file("content", std::span(&half, 1));
  town.begin();
  RawPeer q(town.world(), "q");
  town.join(q);
  town.bring_metadata(q);
  EXPECT_EQ(town.leech.status().pieces_have, 8u);
  EXPECT_EQ(q.count<Have>(), 8u) << "a bitfield may not come late";
}

// ---- sources ----

TEST(Magnet, LaterHandshakesChangeOnlyWhatTheyNameAndZeroEndsAnExtension) {
  Linked town;
  town.begin();
  RawPeer p(town.world(), "p");
  town.join(p);
  const auto send = [&](const ExtensionHandshake& handshake) {
    const auto payload = encode(handshake);
    p.send(Extended{0, payload});
    town.run_for(100ms);
  };
  const auto asked = [&](std::uint8_t id) {
    return std::ranges::count_if(p.heard(), [&](const auto& heard) {
      const auto* extended = std::get_if<Extended>(&heard.message);
      return extended != nullptr && extended->id == id;
    });
  };
  send({.message_ids = {{"ut_metadata", 9}}});
  EXPECT_EQ(asked(9), 0) << "it has none yet";
  send({.metadata_size = 300_B});
  EXPECT_EQ(asked(9), 1) << "BEP 10: the dictionary is additive";
  send({.message_ids = {{"ut_metadata", 0}}});
  send({.message_ids = {{"ut_metadata", 7}}, .metadata_size = 300_B});
  EXPECT_EQ(asked(7), 1);
  p.send(Extended{77, {}});
  town.run_for(100ms);
  EXPECT_TRUE(p.is_open()) << "numbers that are none of ours are ignored";
}

TEST(Magnet, OneWhoSendsWrongMetadataIsBannedAndAnotherAsked) {
  Linked town;
  town.begin();
  RawPeer liar(town.world(), "liar", 1);
  RawPeer honest(town.world(), "honest", 2);
  town.join(liar, kExtended, 'p');
  std::vector<std::byte> wrong = town.metainfo().info;
  wrong.back() ^= std::byte{1};
  Linked::offer(liar, ByteCount::of(wrong));
  town.run_for(100ms);
  town.serve_metadata(liar, wrong);
  town.run_for(1s);
  EXPECT_FALSE(liar.is_open());
  liar.dial(town.leech.endpoint());
  liar.handshake(town.metainfo().info_hash, kExtended);
  town.run_for(1s);
  EXPECT_FALSE(liar.is_open()) << "banned";
  town.served = 0;
  town.join(honest, kExtended, 'q');
  town.bring_metadata(honest);
  EXPECT_EQ(town.leech.count<MetadataReceived>(), 1u) << "bug B70";
}

TEST(Magnet, MetadataThatIsRightButNoTorrentFailsInWords) {
  Town town({.tracker = ""});
  const std::vector<std::byte> info{std::byte{'d'}, std::byte{'e'}};
  auto& lone = town.add("lone", {.settings = exchanging()});
  town.start(lone);
  AddTorrent add;
  add.magnet = Magnet{.info_hash = InfoHashV1::from(sha1(info).view())};
  const TorrentId id = lone.session().add(add);
  RawPeer p(town.world(), "p");
  p.dial(lone.endpoint());
  p.handshake(add.magnet->info_hash, kExtended);
  town.run_for(1s);
  Linked::offer(p, 2_B);
  town.run_for(1s);
  const auto reply = encode(MetadataData{0, 2, info});
  p.send(Extended{1, reply});
  town.run_for(1s);
  EXPECT_EQ(lone.session().status(id).state, TorrentState::failed);
  EXPECT_NE(lone.session().status(id).error.find("no usable torrent"), std::string::npos);
  lone.session().stop();
  EXPECT_TRUE(town.run_until([&] { return lone.session().is_stopped(); }, 10s));
}

TEST(Magnet, CanBeStoppedWhileItWaitsForMetadata) {
  Town town({.has_info = true});
  auto& leech = town.add("leech", {.settings = exchanging(), .by_magnet = true});
  town.start();
  town.run_for(5s);
  EXPECT_EQ(town.tracker_stats().now.leechers, 1u) << "it is not taken for a seed";
  leech.session().stop();
  EXPECT_TRUE(town.run_until([&] { return leech.session().is_stopped(); }, 10s));
  EXPECT_EQ(town.tracker_stats().now.leechers, 0u);
}

// ---- serving (bug B69) ----

TEST(Magnet, MetadataIsServedUpToItsShortLastPieceAndNoFurther) {
  // 20 bytes per piece and some: 16,400 bytes of metadata in two pieces.
  Town town({.size = 13_MiB, .piece_length = 16_KiB, .tracker = "", .has_info = true});
  auto& seed = town.add("seed", {.has = Town::kAll, .settings = exchanging()});
  town.start();
  town.run_for(1s);
  RawPeer p(town.world(), "p");
  p.dial(seed.endpoint());
  p.handshake(town.metainfo().info_hash, kExtended);
  const auto hello = encode(ExtensionHandshake{.message_ids = {{"ut_metadata", kTheirMetadata}}});
  p.send(Extended{0, hello});
  town.run_for(1s);
  const ByteCount size = ByteCount::of(town.metainfo().info);
  ASSERT_EQ(handshakes(p).size(), 1u);
  ASSERT_EQ(handshakes(p)[0].metadata_size, size);
  const std::uint8_t number = handshakes(p)[0].message_ids.at("ut_metadata");
  for (const std::uint32_t piece : {0u, 1u, 2u, 0xffff'ffffu}) p.send(Extended{number, encode(MetadataRequest{piece})});
  p.send(Extended{number, as_bytes("garbage")});
  town.run_for(1s);
  std::vector<std::byte> got;
  std::size_t rejects = 0;
  for (const auto& heard : p.heard()) {
    const auto* extended = std::get_if<Extended>(&heard.message);
    if (extended == nullptr || extended->id != kTheirMetadata) continue;
    const auto message = decode_metadata_message(heard.payload);
    ASSERT_TRUE(message);
    if (const auto* data = std::get_if<MetadataData>(&*message)) got.insert(got.end(), data->data.begin(), data->data.end());
    if (std::holds_alternative<MetadataReject>(*message)) ++rejects;
  }
  EXPECT_EQ(got, town.metainfo().info);
  EXPECT_EQ(rejects, 2u);
  EXPECT_TRUE(p.is_open());
}

TEST(Magnet, WhoHasNoMetadataRejectsRequestsForIt) {
  Linked town;
  town.begin();
  RawPeer p(town.world(), "p");
  town.join(p);
  const auto hello = encode(ExtensionHandshake{.message_ids = {{"ut_metadata", kTheirMetadata}}});
  p.send(Extended{0, hello});
  p.send(Extended{1, encode(MetadataRequest{0})});
  town.run_for(1s);
  ASSERT_FALSE(p.heard().empty());
  const auto message = decode_metadata_message(p.heard().back().payload);
  ASSERT_TRUE(message);
  EXPECT_TRUE(std::holds_alternative<MetadataReject>(*message));
  EXPECT_FALSE(handshakes(p).at(0).metadata_size) << "it does not claim what it lacks";
}

TEST(Magnet, ServesAPeerABoundedNumberOfTimes) {
  Town town({.tracker = "", .has_info = true});
  auto& seed = town.add("seed", {.has = Town::kAll, .settings = exchanging()});
  town.start();
  RawPeer p(town.world(), "p");
  p.dial(seed.endpoint());
  p.handshake(town.metainfo().info_hash, kExtended);
  const auto hello = encode(ExtensionHandshake{.message_ids = {{"ut_metadata", kTheirMetadata}}});
  p.send(Extended{0, hello});
  for (int i = 0; i < 20; ++i) p.send(Extended{1, encode(MetadataRequest{0})});
  town.run_for(5s);
  std::size_t data = 0;
  for (const auto& heard : p.heard()) data += heard.payload.size() > 100 && std::get<Extended>(heard.message).id == kTheirMetadata;
  EXPECT_EQ(data, MetadataExchange::kServings);
}

}  // namespace
}  // namespace swarmlab::client
