#include "swarmsim/capture/ip_packet.hpp"

#include <gmock/gmock.h>

#include "protocol/big_endian.hpp"
#include "tests/unit/swarmsim/capture/packets.hpp"

namespace swarmlab::swarmsim {
namespace {

using testing::packet;
using testing::text;

const Endpoint kA{IpAddress::v4(10, 0, 0, 1), 1111};
const Endpoint kB{IpAddress::v4(10, 0, 0, 2), 2222};

TcpFrame frame(Bytes payload) {
  return {.from = kA, .to = kB, .sequence = 7, .acknowledged = 9, .flags = TcpFrame::ack | TcpFrame::psh, .window = 500,
          .timestamp = 3, .echoed_timestamp = 2, .selective = {{20, 30}, {40, 50}}, .payload = payload};
}

TEST(IpPacket, ReadsTcpWithItsOptions) {
  const auto payload = text("hello");
  const auto bytes = packet(frame(payload));
  const auto decoded = decode_ip_packet(bytes);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->from, kA.address);
  EXPECT_EQ(decoded->to, kB.address);
  const auto& tcp = std::get<TcpPart>(decoded->part);
  EXPECT_EQ(tcp.from_port, 1111);
  EXPECT_EQ(tcp.to_port, 2222);
  EXPECT_EQ(tcp.sequence, 7u);
  EXPECT_EQ(tcp.acknowledged, 9u);
  EXPECT_EQ(tcp.window, 500);
  EXPECT_TRUE(tcp.ack && !tcp.syn && !tcp.fin && !tcp.rst);
  EXPECT_EQ(tcp.options.selective_count, 2);
  EXPECT_EQ(tcp.options.selective[1], (std::pair<std::uint32_t, std::uint32_t>{40, 50}));
  EXPECT_EQ(tcp.options.timestamps, (std::pair<std::uint32_t, std::uint32_t>{3, 2}));
  EXPECT_EQ(as_text(decoded->payload), "hello");
  EXPECT_EQ(decoded->payload_length, 5u);
}

TEST(IpPacket, ReadsWhatASynOffers) {
  const auto bytes = packet(TcpFrame{.from = kA, .to = kB, .flags = TcpFrame::syn});
  const auto tcp = std::get<TcpPart>(decode_ip_packet(bytes)->part);
  EXPECT_TRUE(tcp.syn);
  EXPECT_EQ(tcp.options.mss, 1460);
  EXPECT_EQ(tcp.options.window_scale, kWindowScale);
  EXPECT_TRUE(tcp.options.selective_permitted);
}

TEST(IpPacket, GivesAPacketOrAnErrorWhereverItIsCutOff) {
  const auto payload = text("hello");
  const auto bytes = packet(frame(payload));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto decoded = decode_ip_packet(Bytes(bytes).first(length));
    if (decoded) {
      EXPECT_EQ(decoded->payload_length, 5u) << length;
      EXPECT_LT(decoded->payload.size(), 5u) << length;
    } else {
      EXPECT_LE(decoded.error().offset, length);
      EXPECT_FALSE(decoded.error().what.empty());
    }
  }
}

TEST(IpPacket, TakesASuperPacketWithoutALengthForWhatThereIsOfIt) {
  const std::vector<std::byte> payload(70'000);
  auto bytes = packet(frame(text("x")));
  bytes.resize(bytes.size() - 1);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  protocol::write_be(MutableBytes(bytes), 2, std::uint16_t{0});
  EXPECT_EQ(decode_ip_packet(bytes)->payload.size(), payload.size());
}

TEST(IpPacket, LeavesPaddingOut) {
  const auto payload = text("hi");
  auto bytes = packet(UdpFrame{.from = kA, .to = kB, .payload = payload});
  bytes.resize(bytes.size() + 10);
  const auto decoded = decode_ip_packet(bytes);
  EXPECT_EQ(as_text(decoded->payload), "hi");
  EXPECT_EQ(std::get<UdpPart>(decoded->part).to_port, 2222);
}

TEST(IpPacket, ReadsIpv6AndPassesOverExtensionHeaders) {
  std::vector<std::byte> bytes(40 + 8 + 8 + 3);
  bytes[0] = std::byte{0x60};
  protocol::write_be(MutableBytes(bytes), 4, std::uint16_t{8 + 8 + 3});
  bytes[6] = std::byte{60};           // destination options, then UDP
  bytes[23] = std::byte{1};           // ::1 to ::2
  bytes[39] = std::byte{2};
  bytes[40] = std::byte{17};
  protocol::write_be(MutableBytes(bytes), 48, std::uint16_t{5});
  protocol::write_be(MutableBytes(bytes), 50, std::uint16_t{6});
  protocol::write_be(MutableBytes(bytes), 52, std::uint16_t{11});
  const auto decoded = decode_ip_packet(bytes);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(to_string(decoded->from), "::1");
  EXPECT_EQ(std::get<UdpPart>(decoded->part).from_port, 5);
  EXPECT_EQ(decoded->payload.size(), 3u);
}

TEST(IpPacket, NamesFragmentsAndOtherProtocols) {
  auto bytes = packet(UdpFrame{.from = kA, .to = kB, .payload = {}});
  bytes[6] = std::byte{0x20};
  EXPECT_TRUE(std::get<OtherPart>(decode_ip_packet(bytes)->part).is_fragment);
  bytes[6] = std::byte{0x40};
  bytes[9] = std::byte{1};
  EXPECT_EQ(std::get<OtherPart>(decode_ip_packet(bytes)->part).protocol, 1);
}

struct Row {
  const char* rule;
  std::size_t at;
  int value;
  const char* what;
};
const Row kRows[] = {
    {"a version that is neither", 0, 0x55, "neither IPv4 nor IPv6"},
    {"a header of less than its least", 0, 0x44, "an IPv4 header shorter than 20 bytes"},
    {"a total length below the header", 3, 4, "an IPv4 length shorter than its header"},
    {"a data offset below its least", 32, 0x10, "a TCP header shorter than 20 bytes"},
    {"a data offset beyond the packet", 32, 0xf0, "a TCP header longer than its packet"},
};

TEST(IpPacket, SaysWhatIsWrong) {
  for (const Row& row : kRows) {
    auto bytes = packet(TcpFrame{.from = kA, .to = kB, .flags = TcpFrame::ack});
    bytes[row.at] = static_cast<std::byte>(row.value);
    if (row.at == 3) bytes[2] = std::byte{0};
    const auto decoded = decode_ip_packet(bytes);
    ASSERT_FALSE(decoded.has_value()) << row.rule;
    EXPECT_EQ(decoded.error().what, row.what) << row.rule;
  }
}

}  // namespace
}  // namespace swarmlab::swarmsim
