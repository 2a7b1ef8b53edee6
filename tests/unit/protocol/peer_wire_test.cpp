#include "protocol/peer_wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab::protocol {
namespace {

using enum DecodeError::Kind;
using test::hex;

BlockRange block(std::uint32_t piece, std::uint32_t begin, std::uint32_t length) {
  return {PieceIndex(piece), BlockBegin(begin), ByteCount(length)};
}

struct Valid {
  const char* rule;
  const char* bytes;
  const char* text;
  std::size_t head = 0;  // consumed, where it is less than everything
};
const Valid kValid[] = {
    {"keep-alive", "00000000", "keep-alive"},
    {"choke", "00000001 00", "choke"},
    {"unchoke", "00000001 01", "unchoke"},
    {"interested", "00000001 02", "interested"},
    {"not interested", "00000001 03", "not interested"},
    {"have", "00000005 04 00000007", "have piece 7"},
    {"have, the last index there is", "00000005 04 ffffffff", "have piece 4294967295"},
    {"bitfield", "00000003 05 ff80", "bitfield of 2 bytes"},
    {"bitfield of nothing: its judge knows the torrent", "00000001 05", "bitfield of 0 bytes"},
    {"request", "0000000d 06 00000015 00000000 00004000",
     "request piece 21, begin 0, length 16384"},
    {"request for too much: its judge knows the torrent", "0000000d 06 00000001 fffffffe ffffffff",
     "request piece 1, begin 4294967294, length 4294967295"},
    {"piece: the header only", "0000000b 07 00000003 00004000",
     "block of piece 3, begin 16384, length 2", 13},
    {"piece of 128 KiB", "00020009 07 00000003 00000000",
     "block of piece 3, begin 0, length 131072", 13},
    {"cancel", "0000000d 08 00000015 00000000 00004000", "cancel piece 21, begin 0, length 16384"},
    {"port", "00000003 09 1ae1", "port 6881"},
    {"suggest", "00000005 0d 00000001", "suggest piece 1"},
    {"have all", "00000001 0e", "have all"},
    {"have none", "00000001 0f", "have none"},
    {"reject", "0000000d 10 00000015 00000000 00004000", "reject piece 21, begin 0, length 16384"},
    {"allowed fast", "00000005 11 00000002", "allowed fast piece 2"},
    {"extended", "00000004 14 00 6465", "extended message 0 of 2 bytes"},
    {"extended without payload", "00000002 14 03", "extended message 3 of 0 bytes"},
    {"unknown", "00000003 15 abcd", "unknown message 21 of 2 bytes"},
    {"unknown without payload", "00000001 ff", "unknown message 255 of 0 bytes"},
    {"unknown between known ones", "00000001 0a", "unknown message 10 of 0 bytes"},
};

TEST(PeerWire, ReadsEachMessageAndWritesItTheSame) {
  for (const auto& [rule, text, expected, head] : kValid) {
    const auto bytes = hex(text);
    const auto read = decode_one(bytes);
    ASSERT_TRUE(read && *read) << rule;
    EXPECT_EQ(to_string((*read)->message), expected);
    EXPECT_EQ((*read)->consumed, head == 0 ? bytes.size() : head) << rule;
    std::vector<std::byte> out = hex("aa");  // encode appends
    encode((*read)->message, out);
    EXPECT_EQ(to_hex(out), "aa" + to_hex(bytes)) << rule;
  }
}

TEST(PeerWire, WaitsForTheRestOfAMessageThatIsCut) {
  for (const auto& [rule, text, expected, head] : kValid) {
    const auto bytes = hex(text);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto read = decode_one(Bytes(bytes).first(size));
      ASSERT_TRUE(read.has_value()) << rule << ' ' << size;
      EXPECT_FALSE(read->has_value()) << rule << ' ' << size;
    }
  }
}

TEST(PeerWire, TakesOneMessageAndLeavesTheNext) {
  for (const auto& [rule, text, expected, head] : kValid) {
    auto bytes = hex(text);
    const std::size_t size = bytes.size();
    const auto next = hex("00000001 02");
    bytes.insert(bytes.end(), next.begin(), next.end());
    const auto read = decode_one(bytes);
    ASSERT_TRUE(read && *read) << rule;
    EXPECT_EQ(to_string((*read)->message), expected);
    EXPECT_EQ((*read)->consumed, size);
  }
}

TEST(PeerWire, RefusesALengthAsSoonAsItCanBeJudged) {
  struct Row {
    const char* rule;
    const char* bytes;
    DecodeError::Kind kind;
    bool sees_id = true;
  };
  for (const auto& [rule, text, kind, sees_id] : std::initializer_list<Row>{
           {"4 GiB", "ffffffff", oversized, false},
           {"2 GiB", "7fffffff", oversized, false},
           {"one byte more than the largest bitfield", "00100002", oversized, false},
           {"choke with a byte", "00000002 00", wrong_length},
           {"unchoke with a byte", "00000002 01", wrong_length},
           {"have without index", "00000001 04", wrong_length},
           {"have with a byte too few", "00000004 04", wrong_length},
           {"have with a byte too many", "00000006 04", wrong_length},
           {"request too short", "0000000c 06", wrong_length},
           {"request too long", "0000000e 06", wrong_length},
           {"piece without begin", "00000005 07", wrong_length},
           {"piece with an empty block", "00000009 07", wrong_length},
           {"piece of more than 128 KiB", "0002000a 07", oversized},
           {"port of one byte", "00000002 09", wrong_length},
           {"port of three bytes", "00000004 09", wrong_length},
           {"have all with a byte", "00000002 0e", wrong_length},
           {"have none with a byte", "00000002 0f", wrong_length},
           {"suggest too short", "00000004 0d", wrong_length},
           {"reject too long", "0000000e 10", wrong_length},
           {"allowed fast too long", "00000006 11", wrong_length},
           {"extended without its own id", "00000001 14", wrong_length},
       }) {
    const auto bytes = hex(text);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto early = decode_one(Bytes(bytes).first(size));
      EXPECT_TRUE(early.has_value() && !early->has_value()) << rule;
    }
    const auto read = decode_one(bytes);
    ASSERT_FALSE(read.has_value()) << rule;
    EXPECT_EQ(read.error().kind, kind) << rule;
    EXPECT_EQ(read.error().id.has_value(), sees_id) << rule;
  }
  EXPECT_EQ(to_string(decode_one(hex("00000006 04")).error()), "length 6 is wrong for message 4");
  EXPECT_EQ(to_string(decode_one(hex("ffffffff")).error()), "length 4294967295 is too large");
}

TEST(PeerWire, TotalOverEveryIdWithEveryShortLength) {  // B80
  for (std::uint32_t id = 0; id < 256; ++id) {
    for (std::uint8_t length = 1; length <= 20; ++length) {
      std::vector<std::byte> bytes(4 + std::size_t{length}, std::byte{0xff});
      bytes[0] = bytes[1] = bytes[2] = std::byte{0};
      bytes[3] = std::byte{length};
      bytes[4] = static_cast<std::byte>(id);
      const auto read = decode_one(bytes);
      if (!read) continue;
      ASSERT_TRUE(read->has_value())
          << id << ' ' << +length;  // everything is there: no more waiting
      EXPECT_FALSE(to_string((*read)->message).empty());
    }
  }
}

TEST(PeerWire, TheBitfieldOfTheLargestTorrentIsALegalMessage) {
  const std::vector<std::byte> payload((1u << 23) / 8, std::byte{0xff});
  std::vector<std::byte> out;
  encode(BitfieldMessage{payload}, out);
  const auto read = decode_one(out);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ(std::get<BitfieldMessage>((*read)->message).payload.size(), payload.size());
}

std::vector<std::string> conversation(std::vector<std::byte> bytes) {
  std::vector<std::string> out;
  Bytes rest = bytes;
  while (!rest.empty()) {
    const auto read = decode_one(rest);
    if (!read || !*read) return out.push_back("?"), out;
    out.push_back(to_string((*read)->message));
    std::vector<std::byte> again;
    encode((*read)->message, again);
    EXPECT_EQ(to_hex(again), to_hex(rest.first((*read)->consumed)));
    rest = rest.subspan((*read)->consumed);
  }
  return out;
}

TEST(PeerWire, ReadsWhatASeedOfLibtorrentSaysFirst) {
  // 4 pieces; the fast extension and the extension protocol are on; the DHT bit is set.
  EXPECT_EQ(
      conversation(hex(
          "000000d2 14 00"  // extended 0: the extension handshake, 208 bytes
          "6431323a636f6d706c6574655f61676f692d3165313a6d6431313a6c745f646f6e746861766569376531303a"
          "73686172655f6d6f646569386531313a75706c6f61645f6f6e6c7969336531323a75745f686f6c6570756e63"
          "6869346531313a75745f6d65746164617461693265363a75745f7065786931656531333a6d65746164617461"
          "5f73697a656931343865343a7265717169323030306531313a75706c6f61645f6f6e6c79693165313a763136"
          "3a6c6962746f7272656e742f322e302e38363a796f75726970343a7f00000165"
          "00000001 0e"           // have all
          "00000005 11 00000001"  // allowed fast
          "00000005 11 00000002"
          "00000005 11 00000003"
          "00000001 01")),  // unchoke
      (std::vector<std::string>{"extended message 0 of 208 bytes", "have all",
                                "allowed fast piece 1", "allowed fast piece 2",
                                "allowed fast piece 3", "unchoke"}));
  // The same seed towards a peer without extensions.
  EXPECT_EQ(conversation(hex("00000002 05 f0  00000001 01")),
            (std::vector<std::string>{"bitfield of 1 bytes", "unchoke"}));
}

TEST(PeerWire, ReadsWhatALeecherOfLibtorrentAsks) {
  EXPECT_EQ(
      conversation(hex("00000001 0f"                             // have none
                       "00000001 02"                             // interested
                       "0000000d 06 00000001 00000000 00004000"  // request
                       "0000000d 06 00000001 00004000 00004000"
                       "0000000d 06 00000002 00000000 00004000"
                       "0000000d 06 00000002 00004000 00004000")),
      (std::vector<std::string>{"have none", "interested", "request piece 1, begin 0, length 16384",
                                "request piece 1, begin 16384, length 16384",
                                "request piece 2, begin 0, length 16384",
                                "request piece 2, begin 16384, length 16384"}));
}

TEST(PeerWire, ShortFormsAreThoseOfTheVariant) {
  const auto same = [](const auto& message) {
    std::vector<std::byte> out;
    encode(Message(message), out);
    EXPECT_EQ(to_hex(encode(message).view()), to_hex(out));
  };
  same(KeepAlive{});
  same(Have{PieceIndex(0x01020304)});
  same(Request{block(1, 2, 3)});
  same(PieceHeader{block(1, 2, 16384)});
  same(Port{65535});
}

TEST(PeerWireDeathTest, AbortsOnALengthThatTheWireCannotCarry) {
  const BlockRange negative{PieceIndex(0), BlockBegin(0), ByteCount(-1)};
  const BlockRange huge{PieceIndex(0), BlockBegin(0), ByteCount(std::int64_t{1} << 32)};
  EXPECT_DEATH(encode(Request{negative}), "broken invariant");
  EXPECT_DEATH(encode(PieceHeader{huge}), "broken invariant");
}

std::vector<std::uint32_t> allowed(std::uint32_t piece_count, std::uint32_t count) {
  std::vector<std::uint32_t> out;
  for (const PieceIndex piece :
       allowed_fast_set({80, 4, 4, 200}, test::filled<InfoHashV1>(0xaa), piece_count, count)) {
    out.push_back(piece.value());
  }
  return out;
}

TEST(AllowedFastSet, IsThatOfTheBepsExamples) {  // BEP 6, "Allowed Fast Set Generation"
  EXPECT_EQ(allowed(1313, 7), (std::vector<std::uint32_t>{1059, 431, 808, 1217, 287, 376, 1188}));
  EXPECT_EQ(allowed(1313, 9),
            (std::vector<std::uint32_t>{1059, 431, 808, 1217, 287, 376, 1188, 353, 508}));
}

TEST(AllowedFastSet, IsOneForANetworkOf256Addresses) {
  const auto hash = test::filled<InfoHashV1>(0xaa);
  EXPECT_EQ(allowed_fast_set({80, 4, 4, 1}, hash, 1313, 9),
            allowed_fast_set({80, 4, 4, 200}, hash, 1313, 9));
  EXPECT_NE(allowed_fast_set({80, 4, 5, 1}, hash, 1313, 9),
            allowed_fast_set({80, 4, 4, 200}, hash, 1313, 9));
}

TEST(AllowedFastSet, HoldsEachPieceOnceAndNoMoreThanThereAre) {
  auto pieces = allowed(5, 10);
  std::ranges::sort(pieces);
  EXPECT_EQ(pieces, (std::vector<std::uint32_t>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(allowed(5, 0).empty());
}

}  // namespace
}  // namespace swarmlab::protocol
