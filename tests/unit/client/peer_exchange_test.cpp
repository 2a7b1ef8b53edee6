// Peers that tell each other of peers (BEP 11), and torrents in which they must not (BEP 27), in virtual time.
#include <gtest/gtest.h>

#include <algorithm>

#include "client/extensions/peer_exchange.hpp"
#include "protocol/extension_handshake.hpp"
#include "tests/unit/client/scripted_town.hpp"

namespace swarmlab::client {
namespace {

using namespace protocol;

constexpr Features kExtended{.extension_protocol = true, .fast = true};
constexpr std::uint8_t kTheirPex = 11;
constexpr std::uint8_t kOurPex = 2;      // as the client numbers it; the tests look that up once

struct Exchanging : Town {
  explicit Exchanging(bool is_private = false)
      : Town({.size = 1_MiB, .tracker = "", .has_info = true, .is_private = is_private}), client(add("client")) {
    start();
    run_for(1s);
  }
  // Dials and says that it speaks ut_pex and listens at its port.
  void join(RawPeer& peer, char id, std::optional<std::uint16_t> listens = 6881) {
    peer.dial(client.endpoint());
    peer.handshake(metainfo().info_hash, kExtended, id);
    peer.send(HaveNone{});
    const auto payload = encode(ExtensionHandshake{.message_ids = {{"ut_pex", kTheirPex}}, .listen_port = listens});
    peer.send(Extended{0, payload});
    run_for(200ms);
  }
  void tell(RawPeer& peer, const PexMessage& message) {
    peer.send(Extended{kOurPex, encode(message)});
    run_for(200ms);
  }
  Resident& client;
};

struct Told { PexMessage message; Time at; };
std::vector<Told> told(const RawPeer& peer) {
  std::vector<Told> found;
  for (const auto& heard : peer.heard()) {
    const auto* extended = std::get_if<Extended>(&heard.message);
    if (extended != nullptr && extended->id == kTheirPex) found.push_back({*decode_pex_message(heard.payload), heard.at});
  }
  return found;
}
std::optional<ExtensionHandshake> handshake_of(const RawPeer& peer) {
  for (const auto& heard : peer.heard()) {
    const auto* extended = std::get_if<Extended>(&heard.message);
    if (extended != nullptr && extended->id == 0) return *decode_extension_handshake(heard.payload);
  }
  return std::nullopt;
}
Endpoint somebody(std::uint8_t n) { return {IpAddress::v4(10, 9, 0, n), 6881}; }

TEST(PeerExchange, LeechersFindEachOtherThroughTheOnePeerTheyKnow) {
  Town town({.size = 8_MiB, .tracker = "", .has_info = true});
  auto& seed = town.add("seed", {.has = Town::kAll});
  std::vector<Town::Resident*> leeches;
  for (const char* name : {"a", "b", "c", "d"}) leeches.push_back(&town.add(name));
  town.start();
  for (auto* leech : leeches) leech->session().add_peer(TorrentId(0), seed.endpoint());
  town.run_for(4s);
  for (auto* leech : leeches) EXPECT_EQ(leech->status().peers, 4u) << leech->name();
}

TEST(PeerExchange, FirstMessageNamesEverybodyWhoListensButTheReceiver) {
  Exchanging town;
  RawPeer a(town.world(), "a", 1), b(town.world(), "b", 2), silent(town.world(), "silent", 3);
  town.join(silent, 's', std::nullopt);
  town.join(a, 'a');
  town.join(b, 'b');
  town.run_for(5s);
  ASSERT_EQ(told(b).size(), 1u);
  EXPECT_EQ(told(b)[0].message.added, (std::vector{PexPeer{a.endpoint(), {}}})) << "who gave no port cannot be dialled";
  EXPECT_TRUE(told(b)[0].message.dropped.empty());
  EXPECT_EQ(handshake_of(b)->message_ids.at("ut_pex"), kOurPex);
}

TEST(PeerExchange, WhoWasDialledIsMarkedReachable) {
  Exchanging town;
  RawPeer a(town.world(), "a", 1), dialled(town.world(), "dialled", 2);
  dialled.listen();
  town.client.session().add_peer(TorrentId(0), dialled.endpoint());
  town.run_for(1s);
  dialled.handshake(town.metainfo().info_hash, kExtended, 'd');
  dialled.send(HaveNone{});
  town.run_for(1s);
  town.join(a, 'a');
  town.run_for(5s);
  ASSERT_EQ(told(a).size(), 1u);
  EXPECT_EQ(told(a)[0].message.added, (std::vector{PexPeer{dialled.endpoint(), {.is_reachable = true}}}));
}

TEST(PeerExchange, LaterMessagesTellChangesNoOftenerThanOnceAMinuteAndNothingTwice) {
  Exchanging town;
  RawPeer a(town.world(), "a", 1), b(town.world(), "b", 2);
  town.join(a, 'a');
  town.join(b, 'b');
  // c comes and goes every 7 s, for ten minutes.
  RawPeer c(town.world(), "c", 3);
  for (int i = 0; i < 80; ++i) {
    town.join(c, static_cast<char>('0' + i));
    town.run_for(3s);
    c.close();
    town.run_for(4s);
  }
  const auto messages = told(a);
  EXPECT_GE(messages.size(), 4u);
  std::vector<Endpoint> known;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    EXPECT_FALSE(messages[i].message.empty());
    if (i > 0) {
      EXPECT_GE(messages[i].at - messages[i - 1].at, 60s) << "bug B72";
    }
    for (const Endpoint& dropped : messages[i].message.dropped) {
      EXPECT_EQ(std::erase(known, dropped), 1u) << "dropped without having been added";
    }
    for (const PexPeer& added : messages[i].message.added) {
      EXPECT_EQ(std::ranges::count(known, added.endpoint), 0) << "added twice";
      EXPECT_EQ(std::ranges::count(messages[i].message.dropped, added.endpoint), 0);
      known.push_back(added.endpoint);
    }
  }
}

TEST(PeerExchange, SaysNothingWhileNobodyComesOrGoes) {
  Exchanging town;
  RawPeer a(town.world(), "a", 1);
  town.join(a, 'a');
  town.run_for(2min);
  EXPECT_TRUE(told(a).empty()) << "an empty message is none (bug B72)";
}

TEST(PeerExchange, NobodyWhoLeftInThatMomentIsAddedAndAllThatLeftAreDropped) {
  Exchanging town;
  RawPeer a(town.world(), "a", 1), b(town.world(), "b", 2);
  town.join(a, 'a');
  town.join(b, 'b');
  town.run_for(5s);
  ASSERT_EQ(told(a).size(), 1u);
  b.close();
  town.run_for(2min);
  ASSERT_EQ(told(a).size(), 2u);
  EXPECT_TRUE(told(a)[1].message.added.empty());
  EXPECT_EQ(told(a)[1].message.dropped, std::vector{b.endpoint()});
}

// ---- hearing ----

TEST(PeerExchange, AddressesHeardAreDialled) {
  Exchanging town;
  RawPeer a(town.world(), "a", 1), b(town.world(), "b", 2);
  b.listen();
  town.join(a, 'a');
  town.tell(a, {.added = {{b.endpoint()}}});
  town.run_for(2s);
  EXPECT_EQ(b.connections(), 1u);
}

TEST(PeerExchange, AddressesThatCanOnlyBeTrapsAreNot) {
  Exchanging town;
  RawPeer a(town.world(), "a", 1);
  town.join(a, 'a');
  const auto before = town.world().statistics().connections;
  PexMessage traps;
  for (const char* text : {"127.0.0.1:80", "224.0.0.1:6881", "255.255.255.255:1", "169.254.1.1:6881", "0.0.0.0:6881",
                           "[::1]:6881", "[ff02::1]:6881", "[fe80::1]:6881"}) {
    traps.added.push_back({*Endpoint::parse(text)});
  }
  town.tell(a, traps);
  town.run_for(30s);
  EXPECT_EQ(town.world().statistics().connections, before) << "bug B82";
}

TEST(PeerExchange, OnePeerCannotFillThePoolNorNameAHostWithManyPorts) {
  Exchanging town;
  RawPeer a(town.world(), "a", 1);
  town.join(a, 'a');
  const auto before = town.world().statistics().connections;
  PexMessage ports;
  for (std::uint16_t port = 1; port <= 100; ++port) ports.added.push_back({{somebody(1).address, port}});
  town.tell(a, ports);
  town.run_for(5s);
  EXPECT_LE(town.world().statistics().connections - before, 1u);
}

TEST(PeerExchange, WhoFloodsIsLetGo) {
  Exchanging town;
  RawPeer a(town.world(), "a", 1);
  town.join(a, 'a');
  for (std::uint8_t n = 1; n <= PeerExchange::kPatience; ++n) town.tell(a, {.added = {{somebody(n)}}});
  EXPECT_TRUE(a.is_open());
  town.tell(a, {.added = {{somebody(99)}}});
  EXPECT_FALSE(a.is_open());
}

// ---- private torrents (bug B71) ----

TEST(PrivateTorrent, OffersNoExchangeTellsNobodyAndListensToNobody) {
  Exchanging town(true);
  RawPeer a(town.world(), "a", 1), b(town.world(), "b", 2), trap(town.world(), "trap", 3);
  trap.listen();
  town.join(a, 'a');
  town.join(b, 'b');
  town.tell(a, {.added = {{trap.endpoint()}}});
  town.run_for(3min);
  EXPECT_FALSE(handshake_of(a)->message_ids.contains("ut_pex"));
  EXPECT_TRUE(told(a).empty());
  EXPECT_EQ(trap.connections(), 0u);
}

TEST(PrivateTorrent, DoesNotDialWhoOnlySaidWhereItListens) {
  Exchanging town(true);
  RawPeer a(town.world(), "a", 1);
  a.listen();
  town.join(a, 'a');
  a.close();
  town.run_for(15min);
  EXPECT_EQ(a.connections(), 1u) << "its own";
}

TEST(PrivateTorrent, OfALinkForgetsWhatItHeardBeforeItKnew) {
  Town town({.size = 1_MiB, .has_info = true, .is_private = true});
  auto& seed = town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.by_magnet = true});
  town.start(leech);
  town.run_for(1s);
  RawPeer a(town.world(), "a", 1), trap(town.world(), "trap", 2);
  trap.listen();
  a.dial(leech.endpoint());
  a.handshake(town.metainfo().info_hash, kExtended);
  a.send(HaveNone{});
  const auto payload = encode(ExtensionHandshake{.message_ids = {{"ut_pex", kTheirPex}}});
  a.send(Extended{0, payload});
  a.send(Extended{kOurPex, encode(PexMessage{.added = {{trap.endpoint()}, {somebody(1)}}})});
  town.run_for(1s);
  EXPECT_EQ(trap.connections(), 1u) << "nobody knows yet";
  trap.handshake(town.metainfo().info_hash, kExtended, 't');
  trap.send(HaveNone{});
  town.start(seed);
  town.run_for(1s);
  leech.session().add_peer(TorrentId(0), seed.endpoint());
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 5min));
  EXPECT_FALSE(trap.is_open());
  town.run_for(30min);
  EXPECT_EQ(trap.connections(), 1u);
}

}  // namespace
}  // namespace swarmlab::client
