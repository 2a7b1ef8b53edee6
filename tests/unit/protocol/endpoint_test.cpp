#include "protocol/endpoint.hpp"

#include <gtest/gtest.h>

#include "protocol/compact_peers.hpp"
#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab {
namespace {

TEST(IpAddress, ReadsLiteralsAndWritesThemInCanonicalForm) {
  struct Row {
    const char *text, *canonical;
  };
  for (const auto& [text, canonical] : std::initializer_list<Row>{
           {"0.0.0.0", "0.0.0.0"},
           {"10.77.0.1", "10.77.0.1"},
           {"255.255.255.255", "255.255.255.255"},
           {"::", "::"},
           {"::1", "::1"},
           {"[::1]", "::1"},
           {"1::", "1::"},
           {"2001:DB8::ABCD", "2001:db8::abcd"},
           {"2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"},
           {"2001:db8:0:1:1:1:1:1",
            "2001:db8:0:1:1:1:1:1"},           // RFC 5952: one group is not shortened
           {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},  // the longest run
           {"::ffff:10.0.0.1", "10.0.0.1"},    // mapped: one host, one address (B46)
           {"::ffff:a00:1", "10.0.0.1"},
           {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
           {"1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"},
       }) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(to_string(*address), canonical);
    EXPECT_EQ(IpAddress::parse(canonical), address);
  }
}

TEST(IpAddress, RefusesWhatIsNoLiteral) {
  for (const auto* text : {"",
                           "1",
                           "1.2.3",
                           "1.2.3.4.5",
                           "1.2.3.256",
                           "1.2.3.-4",
                           "1.2.3.+4",
                           "01.2.3.4",
                           "1.2.3.",
                           ".1.2.3",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "1.2.3.4x",
                           "0x1.2.3.4",
                           "tracker.example",
                           "[1.2.3.4]",
                           ":",
                           ":::",
                           "1:2",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8:",
                           ":1:2:3:4:5:6:7:8",
                           "1::2::3",
                           "12345::",
                           "g::",
                           "::1%eth0",
                           "1:2:3:4:5:6:7::8",
                           "::1.2.3",
                           "1.2.3.4::",
                           "::1.2.3.4:5",
                           "[::1",
                           "::1]",
                           "[]",
                           "[[::1]]"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, KnowsLoopbackAndUnspecified) {
  EXPECT_TRUE(IpAddress::parse("127.1.2.3")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("::2")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("128.0.0.1")->is_loopback());
  EXPECT_TRUE(IpAddress().is_unspecified());
  EXPECT_TRUE(IpAddress::parse("::")->is_unspecified());
  EXPECT_FALSE(IpAddress::parse("::1")->is_unspecified());
  EXPECT_NE(IpAddress(), *IpAddress::parse("::"));
}

TEST(Endpoint, ReadsAndWritesBothFamilies) {
  for (const auto* text : {"10.0.0.1:6881", "[::1]:0", "[2001:db8::1]:65535"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(to_string(*endpoint), text);
  }
}

TEST(Endpoint, RefusesWhatIsIncompleteOrAmbiguous) {
  for (const auto* text :
       {"", ":", "1.2.3.4", "1.2.3.4:", ":6881", "1.2.3.4:65536", "1.2.3.4:06881", "1.2.3.4:-1",
        "1.2.3.4:6881 ", "::1:6881", "[::1]", "[::1]6881", "host:6881", "1.2.3.4:123456"}) {
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  }
}

TEST(CompactPeers, AreReadWithTheirStride) {
  std::vector<protocol::TrackerPeer> peers;
  protocol::read_compact(test::hex("0a4d0001 1ae1  0a4d0002 0000  0a4d0003 ffff  0a"),
                         kCompactV4Bytes, peers);
  protocol::read_compact(test::hex("00000000000000000000ffff0a4d0004 0001"), kCompactV6Bytes,
                         peers);
  ASSERT_EQ(peers.size(), 3u);  // port 0 names nobody; the rest is cut off
  EXPECT_EQ(to_string(peers[0].endpoint), "10.77.0.1:6881");
  EXPECT_EQ(to_string(peers[1].endpoint), "10.77.0.3:65535");
  EXPECT_EQ(to_string(peers[2].endpoint), "10.77.0.4:1");
}

TEST(CompactPeers, StopAtTheLimit) {
  const std::vector<std::byte> flood(kCompactV4Bytes * (protocol::kMaxTrackerPeers + 5),
                                     std::byte{1});
  std::vector<protocol::TrackerPeer> peers;
  protocol::read_compact(flood, kCompactV4Bytes, peers);
  EXPECT_EQ(peers.size(), protocol::kMaxTrackerPeers);
}

}  // namespace
}  // namespace swarmlab
