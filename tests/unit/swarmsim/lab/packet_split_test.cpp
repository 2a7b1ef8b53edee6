#include "swarmsim/lab/packet_split.hpp"

#include <gtest/gtest.h>

#include "protocol/ids.hpp"
#include "tests/unit/swarmsim/lab/packets.hpp"

namespace swarmlab::swarmsim {
namespace {

using namespace lab_test;

std::vector<std::vector<std::byte>> parts_of(const std::vector<std::byte>& packet, const Offload& offload,
                                             std::vector<Offload>* offloads = nullptr) {
  std::vector<std::vector<std::byte>> parts;
  std::vector<std::byte> scratch;
  split(packet, offload, scratch, [&](Bytes one, const Offload& its) {
    parts.emplace_back(one.begin(), one.end());
    if (offloads != nullptr) offloads->push_back(its);
  });
  return parts;
}

TEST(LookAt, SeesWhoSpeaksToWhom) {
  const auto sight = look_at(tcp_packet({.sequence = 7, .acknowledged = 9, .flags = kAck | kFin, .payload = "abc"}));
  ASSERT_TRUE(sight && sight->tcp);
  EXPECT_EQ(sight->from, (Endpoint{kAlice, 1000}));
  EXPECT_EQ(sight->to, (Endpoint{kBob, 2000}));
  EXPECT_EQ(sight->tcp->sequence, 7U);
  EXPECT_EQ(sight->tcp->acknowledged, 9U);
  EXPECT_TRUE(sight->tcp->fin);
  EXPECT_FALSE(sight->tcp->syn);
  EXPECT_EQ(sight->tcp->payload_bytes, 3U);
  EXPECT_EQ(sight->tcp->extent(), 4U);
}

TEST(LookAt, SeesNothingInAPacketThatIsCutShort) {
  for (const auto& whole : {tcp_packet({}), udp_packet({kAlice, 1}, {kBob, 2}, "")})
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(look_at(Bytes(whole).first(size))) << size;
}

TEST(LookAt, SeesNothingInIpv6AndInNonsense) {
  std::vector<std::byte> v6(60, std::byte{0x60});
  EXPECT_FALSE(look_at(v6));
  auto short_header = tcp_packet({});
  short_header[0] = std::byte{0x44};   // a header of 16 octets
  EXPECT_FALSE(look_at(short_header));
  auto long_tcp_header = tcp_packet({});
  long_tcp_header[32] = std::byte{0xf0};   // beyond the packet
  EXPECT_FALSE(look_at(long_tcp_header));
}

TEST(LookAt, TakesLaterFragmentsWithoutPorts) {
  auto later = udp_packet({kAlice, 1}, {kBob, 2}, "abcdefgh");
  later[7] = std::byte{1};   // offset 8
  const auto sight = look_at(later);
  ASSERT_TRUE(sight);
  EXPECT_TRUE(sight->is_fragment);
  EXPECT_EQ(sight->from.port, 0);
}

TEST(Split, LeavesAnOrdinaryPacketAsItIs) {
  const auto packet = tcp_packet({.payload = "abc"});
  EXPECT_EQ(parts_of(packet, {}), std::vector<std::vector<std::byte>>(1, packet));
}

TEST(Split, MakesThePacketsThatALineWouldCarry) {
  const auto packet = tcp_packet({.sequence = 0xffff'fffe, .acknowledged = 5, .flags = kAck | kPsh | kFin | kCwr, .payload = "abcdefgh"});
  const auto parts = parts_of(packet, {.segment_bytes = 3, .header_bytes = 40});
  ASSERT_EQ(parts.size(), 3U);
  const std::vector<std::string_view> payloads{"abc", "def", "gh"};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto sight = sight_of(parts[i]);
    ASSERT_TRUE(sight.tcp) << i;
    EXPECT_EQ(sight.tcp->sequence, 0xffff'fffe + static_cast<std::uint32_t>(3 * i)) << "sequence numbers go round";
    EXPECT_EQ(sight.tcp->acknowledged, 5U);
    EXPECT_EQ(as_text(Bytes(parts[i]).subspan(40)), payloads[i]);
    EXPECT_EQ(ones_sum(Bytes(parts[i]).first(20)), 0xffffU) << "checksum of the IP header";
    EXPECT_EQ(transport_sum(parts[i]), 0xffffU) << "checksum of TCP";
    EXPECT_EQ(std::to_integer<std::size_t>(parts[i][3]), parts[i].size());
    EXPECT_EQ(std::to_integer<std::size_t>(parts[i][5]), 0x34 + i) << "identification";
  }
  const auto flags = [&](std::size_t i) { return std::to_integer<std::uint32_t>(parts[i][33]); };
  EXPECT_EQ(flags(0), kAck | kCwr);
  EXPECT_EQ(flags(1), kAck);
  EXPECT_EQ(flags(2), kAck | kPsh | kFin);
}

TEST(Split, LeavesAnOpenChecksumOpen) {
  const auto packet = tcp_packet({.payload = "abcdef"});
  std::vector<Offload> offloads;
  const Offload open_super{.needs_checksum = true, .checksum_from = 20, .checksum_at = 16, .segment_bytes = 4, .header_bytes = 40};
  const auto parts = parts_of(packet, open_super, &offloads);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(offloads[0], (Offload{.needs_checksum = true, .checksum_from = 20, .checksum_at = 16}));
  // What a card would do with it: sum up from there on, the sum of the pseudo-header included.
  for (auto part : parts) {
    const std::uint32_t closed = 0xffff - ones_sum(Bytes(part).subspan(20));
    part[36] = static_cast<std::byte>(closed >> 8);
    part[37] = static_cast<std::byte>(closed & 0xff);
    EXPECT_EQ(transport_sum(part), 0xffffU);
  }
}

TEST(RewritePort, KeepsTheChecksumRight) {
  constexpr std::uint16_t kPorts[]{1, 6881, 20'000, 65'535};
  for (const std::uint16_t port : kPorts) {
    auto packet = udp_packet({kAlice, 6881}, {kBob, 6969}, "hello");
    rewrite_port(packet, sight_of(packet), {}, PortOf::sender, port);
    rewrite_port(packet, sight_of(packet), {}, PortOf::receiver, 77);
    EXPECT_EQ(sight_of(packet).from.port, port);
    EXPECT_EQ(sight_of(packet).to.port, 77);
    EXPECT_EQ(transport_sum(packet), 0xffffU) << port;
  }
}

TEST(ResetPacket, IsWholeAndSaysWhatItShould) {
  const auto packet = reset_packet({kAlice, 1000}, {kBob, 2000}, 0x0102'0304);
  const auto sight = sight_of(packet);
  ASSERT_TRUE(sight.tcp);
  EXPECT_TRUE(sight.tcp->rst);
  EXPECT_FALSE(sight.tcp->ack);
  EXPECT_EQ(sight.tcp->sequence, 0x0102'0304U);
  EXPECT_EQ(ones_sum(Bytes(packet).first(20)), 0xffffU);
  EXPECT_EQ(transport_sum(packet), 0xffffU);
}

}  // namespace
}  // namespace swarmlab::swarmsim
