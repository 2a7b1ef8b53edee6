#include "protocol/handshake.hpp"

#include <gtest/gtest.h>

#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab::protocol {
namespace {

using test::hex;

// libtorrent 2.0.8 dialling a seed.
const char* const kCaptured =
    "13 426974546f7272656e742070726f746f636f6c"   // 19, "BitTorrent protocol"
    "00000000 00 10 00 05"                        // extension protocol; fast and DHT
    "c87862f900cb73a2ea7c8e6891146e3b39beb7e0"    // info-hash
    "2d4c54323038302d 73507051545241386d643642";  // "-LT2080-", twelve of its choice

TEST(Handshake, OfLibtorrentIsRead) {
  const auto read = decode_handshake(hex(kCaptured));
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->features, (Features{.extension_protocol = true, .fast = true, .dht = true}));
  EXPECT_EQ(to_string((*read)->info_hash), "c87862f900cb73a2ea7c8e6891146e3b39beb7e0");
  EXPECT_EQ(test::text_of((*read)->peer_id.view()), "-LT2080-sPpQTRA8md6B");
  EXPECT_EQ(to_hex(encode(**read)), to_hex(hex(kCaptured)));
}

TEST(Handshake, CutAnywhereIsNotYetOne) {
  const auto whole = hex(kCaptured);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = decode_handshake(Bytes(whole).first(size));
    ASSERT_TRUE(read.has_value()) << size;
    EXPECT_FALSE(read->has_value()) << size;
  }
}

TEST(Handshake, LeavesWhatFollowsAlone) {
  auto more = hex(kCaptured);
  more.push_back(std::byte{0xff});
  EXPECT_EQ(decode_handshake(more), decode_handshake(hex(kCaptured)));
}

TEST(Handshake, IsRefusedAtTheFirstByteThatDiffers) {
  for (std::size_t at = 0; at < 20; ++at) {
    auto bytes = hex(kCaptured);
    bytes[at] ^= std::byte{0x20};
    const auto read = decode_handshake(Bytes(bytes).first(at + 1));  // nothing more is waited for
    ASSERT_FALSE(read.has_value()) << at;
    EXPECT_EQ(read.error().at, at);
    EXPECT_EQ(to_string(read.error()),
              "no BitTorrent handshake: byte " + std::to_string(at) + " differs");
  }
}

TEST(Handshake, IgnoresReservedBitsThatItDoesNotKnow) {
  auto bytes = hex(kCaptured);
  for (std::size_t at = 20; at < 28; ++at) bytes[at] = std::byte{0xff};
  const auto read = decode_handshake(bytes);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->features, (Features{true, true, true}));
  EXPECT_EQ(to_hex(Bytes(encode(**read)).subspan(20, 8)), "0000000000100005");
}

TEST(Features, AreUsedOnlyWhereBothHaveThem) {
  EXPECT_EQ(common({true, true, false}, {false, true, true}), (Features{.fast = true}));
}

}  // namespace
}  // namespace swarmlab::protocol
