// BEP 40, sentence by sentence.
#include "client/peer_priority.hpp"

#include <gtest/gtest.h>

namespace swarmlab::client {
namespace {

Endpoint at(std::string_view address, std::uint16_t port = 6881) { return {IpAddress::parse(address).value(), port}; }
std::vector<std::uint8_t> bytes(std::initializer_list<std::uint8_t> values) { return values; }

TEST(PeerPriority, IsTheCastagnoliSum) {
  const std::string_view check = "123456789";
  EXPECT_EQ(crc32c({reinterpret_cast<const std::uint8_t*>(check.data()), check.size()}), 0xe3069283u) << "the usual test value";
  EXPECT_EQ(crc32c(std::vector<std::uint8_t>(32, 0)), 0x8a9136aau) << "RFC 3720, B.4";
  EXPECT_EQ(crc32c(std::vector<std::uint8_t>(32, 0xff)), 0x62a8ab43u) << "RFC 3720, B.4";
}

TEST(PeerPriority, AgreesWithTheExamplesOfTheBep) {
  EXPECT_EQ(peer_priority(at("123.213.32.10"), at("98.76.54.32")), 0xec2d7224u);
  EXPECT_EQ(peer_priority(at("123.213.32.10"), at("123.213.32.234")), 0x99568189u);
}

TEST(PeerPriority, IsTheSameAtBothEnds) {
  for (const auto& [a, b] : std::vector<std::pair<Endpoint, Endpoint>>{
           {at("123.213.32.10"), at("98.76.54.32")}, {at("10.0.0.1"), at("10.0.9.1")}, {at("10.0.0.1", 1), at("10.0.0.1", 2)},
           {at("2001:db8::1"), at("2001:db8:1::1")}}) {
    EXPECT_EQ(peer_priority(a, b), peer_priority(b, a));
  }
}

TEST(PeerPriority, SeesOneHalfOfTheLastBytesOfAddressesThatAreFarApart) {
  EXPECT_EQ(peer_priority(at("1.2.3.4"), at("9.8.0.0")), peer_priority(at("1.2.3.4"), at("9.8.170.170")))
      << "170 is 10101010: nothing of it counts";
  EXPECT_NE(peer_priority(at("1.2.3.4"), at("9.8.0.0")), peer_priority(at("1.2.3.4"), at("9.8.1.0")));
}

TEST(PeerPriority, SeesTheThirdByteWithinASixteenAndTheFourthWithinATwentyfour) {
  EXPECT_NE(peer_priority(at("1.2.3.4"), at("1.2.0.4")), peer_priority(at("1.2.3.4"), at("1.2.2.4")));
  EXPECT_EQ(peer_priority(at("1.2.3.4"), at("1.2.0.0")), peer_priority(at("1.2.3.4"), at("1.2.0.170")));
  EXPECT_NE(peer_priority(at("1.2.3.4"), at("1.2.3.0")), peer_priority(at("1.2.3.4"), at("1.2.3.170")));
}

TEST(PeerPriority, MasksSixteenBytesTheSameWay) {
  // Other /48s: 2001:0db8:0001:0000... and 2001:0db8:0002:5555&..., lower first.
  EXPECT_EQ(peer_priority(at("2001:db8:1::"), at("2001:db8:2:ffff:ffff:ffff:ffff:ffff")),
            crc32c(bytes({0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                          0x20, 1, 0xd, 0xb8, 0, 2, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55})));
  // One /48: the seventh byte is whole.
  EXPECT_EQ(peer_priority(at("2001:db8:1::"), at("2001:db8:1:ffff:ffff:ffff:ffff:ffff")),
            crc32c(bytes({0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                          0x20, 1, 0xd, 0xb8, 0, 1, 0xff, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55})));
  // One /56: the eighth, too.
  EXPECT_EQ(peer_priority(at("2001:db8:1::"), at("2001:db8:1:ff:ffff:ffff:ffff:ffff")),
            crc32c(bytes({0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                          0x20, 1, 0xd, 0xb8, 0, 1, 0, 0xff, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55})));
}

TEST(PeerPriority, TellsPeersOfOneAddressApartByTheirPorts) {
  EXPECT_EQ(peer_priority(at("127.0.0.1", 0x1a2b), at("127.0.0.1", 0x0c0d)), crc32c(bytes({0x0c, 0x0d, 0x1a, 0x2b})));
  EXPECT_EQ(peer_priority(at("::1", 7), at("::1", 7)), crc32c(bytes({0, 7, 0, 7})));
}

}  // namespace
}  // namespace swarmlab::client
