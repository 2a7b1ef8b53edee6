#include "client/wire_connection.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/big_endian.hpp"
#include "tests/unit/client/raw_peer.hpp"

namespace swarmlab::client {
namespace {

using namespace protocol;
using runtime::Slice;

// A WireConnection that dials a scripted peer, and all that it tells.
struct Wired final : WireHandler {
  Wired()
      : world(swarmsim::WorldOptions{}), host(world.add_host({"c", {IpAddress::v4(10, 0, 0, 1)}, {{}, {}, 5ms, 1_MiB}, {}})),
        content(world.add_content("x")), peer(world, "p") {
    peer.listen();
    wire.emplace(world.outside(host).network, world.outside(host).clock, peer.endpoint(), std::nullopt, *this);
    run();
  }
  // Both handshakes are through.
  void greet() {
    wire->send(Handshake{});
    peer.handshake({}, {});
    run();
  }
  void run(Duration time = 1s) { world.run_until(world.now() + time); }

  void on_established(WireConnection&) override { log.push_back("established"); }
  void on_handshake(WireConnection&, const Handshake&) override { log.push_back("handshake"); }
  void on_message(WireConnection&, const Message& message) override {
    log.push_back(to_string(message));
    if (close_on_message) wire->close();
    if (pause_on_message) wire->pause_reading();
  }
  void on_block(WireConnection&, const BlockRange& block, runtime::Slices data) override {
    log.push_back(to_string(Message(PieceHeader{block})));
    EXPECT_EQ(runtime::length_of(data), block.length);
    blocks.push_back(std::move(data));
  }
  void on_bytes(WireConnection&, ByteCount count) override { bytes += count; }
  void on_written(WireConnection&, ByteCount count, WireUnit unit) override {
    (unit == WireUnit::bulk ? written_as_blocks : written_as_messages) += count;
  }
  void on_room(WireConnection&) override { ++rooms; }
  void on_wire_closed(WireConnection&, std::string_view reason) override { closed.emplace_back(reason); }
  void on_settled(WireConnection&) override {
    ++settled;
    if (destroy_when_closed && !closed.empty()) wire.reset();
  }

  swarmsim::World world;
  swarmsim::HostId host;
  runtime::ContentId content;
  RawPeer peer;
  std::vector<std::string> log;
  std::vector<runtime::Slices> blocks;
  std::vector<std::string> closed;
  ByteCount bytes;
  ByteCount written_as_blocks;
  ByteCount written_as_messages;
  int rooms = 0;
  int settled = 0;
  bool close_on_message = false;
  bool pause_on_message = false;
  bool destroy_when_closed = false;
  std::optional<WireConnection> wire;
};

// A handshake and messages of every shape, a block of bytes among them.
std::vector<std::byte> conversation() {
  std::vector<std::byte> said;
  const auto greeting = encode(Handshake{});
  said.insert(said.end(), greeting.begin(), greeting.end());
  const std::vector<std::byte> field(3, std::byte{0xff});
  encode(Message(BitfieldMessage{field}), said);
  encode(Message(KeepAlive{}), said);
  encode(Message(Unchoke{}), said);
  encode(Message(PieceHeader{{PieceIndex(1), BlockBegin(2), 1000_B}}), said);
  for (int i = 0; i < 1000; ++i) said.push_back(static_cast<std::byte>(i));
  encode(Message(Have{PieceIndex(9)}), said);
  encode(Message(Request{{PieceIndex(1), BlockBegin(0), 16_KiB}}), said);
  return said;
}

TEST(WireConnection, HearsTheSameHoweverTheBytesAreCut) {
  const std::vector<std::byte> said = conversation();
  const std::vector<std::string> expected{
      "established", "handshake", "bitfield of 3 bytes", "keep-alive", "unchoke", "block of piece 1, begin 2, length 1000",
      "have piece 9", "request piece 1, begin 0, length 16384"};
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{67}, std::size_t{68},
                                 std::size_t{70}, std::size_t{100}, said.size()}) {
    Wired wired;
    for (std::size_t at = 0; at < said.size(); at += step) {
      wired.peer.send_bytes(Bytes(said).subspan(at, std::min(step, said.size() - at)));
      wired.run(20ms);
    }
    EXPECT_EQ(wired.log, expected) << "in steps of " << step << " (bug B59)";
    ASSERT_EQ(wired.blocks.size(), 1u);
    std::vector<std::byte> block(1000);
    runtime::copy_bytes(wired.blocks[0], block);
    EXPECT_TRUE(std::ranges::equal(block, Bytes(said).last(1000 + 9 + 17).first(1000)));
    EXPECT_EQ(wired.bytes, ByteCount::from_size(said.size()));
  }
}

TEST(WireConnection, SymbolicBlocksPassAsOneSlice) {
  Wired wired;
  wired.greet();
  const BlockRange block{PieceIndex(3), BlockBegin(0), 128_KiB};
  wired.peer.send_block(block, Slice::of_content(wired.content, 1000_B, 128_KiB));
  wired.peer.send(Have{PieceIndex(1)});
  wired.run();
  ASSERT_EQ(wired.blocks.size(), 1u);
  ASSERT_EQ(wired.blocks[0].size(), 1u);
  EXPECT_EQ(wired.blocks[0][0].kind(), Slice::Kind::symbolic);
  EXPECT_EQ(wired.blocks[0][0].offset(), 1000_B);
  EXPECT_EQ(wired.log.back(), "have piece 1");
}

TEST(WireConnection, PayloadWhereAMessageIsDueEndsIt) {
  Wired wired;
  wired.greet();
  wired.peer.send_block({PieceIndex(0), BlockBegin(0), 100_B}, Slice::of_content(wired.content, 0_B, 200_B));
  wired.run();
  EXPECT_EQ(wired.closed.size(), 1u);
}

TEST(WireConnection, AnOversizedLengthIsRefusedBeforeItsBytesCome) {
  for (const std::uint32_t length : {0x7fffffffu, 0xffffffffu, 0x80000000u, 0x00100002u}) {
    Wired wired;
    wired.greet();
    std::vector<std::byte> prefix;
    append_be(prefix, length);
    wired.peer.send_bytes(Bytes(prefix));
    wired.run();
    EXPECT_EQ(wired.closed.size(), 1u) << length;
    EXPECT_FALSE(wired.peer.is_open());
  }
}

TEST(WireConnection, WhatIsNoHandshakeIsRefusedAtItsFirstWrongByte) {
  Wired wired;
  wired.peer.send_bytes(as_bytes("GET / HTTP/1.1\r\n"));
  wired.run();
  EXPECT_EQ(wired.closed.size(), 1u);
}

TEST(WireConnection, ReadsNothingWhilePausedAndEverythingAfterwards) {
  Wired wired;
  wired.greet();
  wired.wire->pause_reading();
  const ByteCount before = wired.bytes;
  for (std::uint32_t i = 0; i < 20; ++i) {
    wired.peer.send_block({PieceIndex(i), BlockBegin(0), 64_KiB},
                          Slice::of_content(wired.content, 64_KiB * i, 64_KiB));
  }
  wired.run(10s);
  EXPECT_EQ(wired.bytes, before);
  EXPECT_TRUE(wired.wire->is_paused());
  wired.wire->resume_reading();
  wired.run(10s);
  EXPECT_EQ(wired.blocks.size(), 20u);
  EXPECT_FALSE(wired.wire->is_inside_block());
}

TEST(WireConnection, PausingFromAHandlerStopsBeforeTheNextRead) {
  Wired wired;
  wired.greet();
  wired.pause_on_message = true;
  wired.peer.send(Unchoke{});
  wired.run();
  wired.peer.send(Choke{});
  wired.run();
  EXPECT_EQ(wired.log.back(), "unchoke");
  wired.pause_on_message = false;
  wired.wire->resume_reading();
  EXPECT_EQ(wired.log.back(), "choke") << "at once: it was there already";
}

TEST(WireConnection, ResumingWhatIsNotPausedDoesNothing) {
  Wired wired;
  wired.greet();
  const int settled = wired.settled;
  wired.wire->resume_reading();
  EXPECT_EQ(wired.settled, settled);
}

TEST(WireConnection, NothingIsHeardAfterAHandlerClosedIt) {
  Wired wired;
  wired.greet();
  wired.close_on_message = true;
  std::vector<std::byte> two;
  encode(Message(Unchoke{}), two);
  encode(Message(Choke{}), two);
  wired.peer.send_bytes(Bytes(two));
  wired.run();
  EXPECT_EQ(wired.log.back(), "unchoke");
  EXPECT_FALSE(wired.wire->is_open());
  EXPECT_TRUE(wired.closed.empty()) << "who closes need not be told";
}

TEST(WireConnection, MayBeDestroyedWhenAnEventIsOver) {
  Wired wired;
  wired.greet();
  wired.destroy_when_closed = true;
  wired.peer.close();
  wired.run();
  EXPECT_FALSE(wired.wire.has_value());
  EXPECT_EQ(wired.closed, std::vector<std::string>{"closed the connection"});
}

TEST(WireConnection, ARefusedDialIsToldOnce) {
  Wired wired;
  wired.wire.emplace(wired.world.outside(wired.host).network, wired.world.outside(wired.host).clock,
                     Endpoint{IpAddress::v4(10, 0, 2, 1), 9}, std::nullopt, wired);
  wired.run();
  EXPECT_EQ(wired.closed.size(), 1u);
}

TEST(WireConnection, HasRoomUntilTheMarkAndSaysWhenThereIsRoomAgain) {
  Wired wired;
  wired.greet();
  wired.peer.pause_reading();
  std::uint32_t sent = 0;
  for (; wired.wire->has_room(0_B) && sent < 10'000; ++sent) {
    wired.wire->send_block({PieceIndex(sent), BlockBegin(0), 16_KiB}, {Slice::of_content(wired.content, 16_KiB * sent, 16_KiB)});
  }
  wired.run();
  for (int i = 0; i < 2; ++i) {
    for (; wired.wire->has_room(0_B) && sent < 10'000; ++sent) {
      wired.wire->send_block({PieceIndex(sent), BlockBegin(0), 16_KiB}, {Slice::of_content(wired.content, 16_KiB * sent, 16_KiB)});
    }
    wired.run();
  }
  ASSERT_LT(sent, 10'000u) << "a peer that does not read takes no more than its window";
  EXPECT_FALSE(wired.wire->has_room(0_B));
  const int rooms = wired.rooms;
  wired.peer.resume_reading();
  wired.run(10s);
  EXPECT_GT(wired.rooms, rooms);
  EXPECT_TRUE(wired.wire->has_room(0_B));
  EXPECT_FALSE(wired.wire->has_room(32_KiB)) << "what is on its way from disk counts";
  EXPECT_EQ(wired.peer.count<PieceHeader>(), sent);
}

TEST(WireConnection, APeerThatAsksAndDoesNotReadIsClogged) {
  Wired wired;
  wired.greet();
  wired.peer.pause_reading();
  EXPECT_FALSE(wired.wire->is_clogged());
  for (std::uint32_t i = 0; i < 1'000'000; ++i) wired.wire->send(encode(Have{PieceIndex(i)}));
  EXPECT_TRUE(wired.wire->is_clogged());
  wired.peer.send(KeepAlive{});
  wired.run();
  EXPECT_EQ(wired.closed, std::vector<std::string>{"does not read what it is sent"});
}

}  // namespace
}  // namespace swarmlab::client
