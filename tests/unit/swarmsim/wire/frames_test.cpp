#include "swarmsim/wire/frames.hpp"

#include <gtest/gtest.h>

#include "protocol/big_endian.hpp"
#include "protocol/ids.hpp"

namespace swarmlab::swarmsim {
namespace {

const Endpoint kA{IpAddress::v4(10, 77, 0, 1), 32768};
const Endpoint kB{IpAddress::v4(10, 77, 0, 2), 6881};

std::vector<std::byte> from_text(std::string_view hex) {
  std::vector<std::byte> bytes(hex.size() / 2);
  EXPECT_TRUE(from_hex(hex, bytes));
  return bytes;
}

// A header or segment that carries a right checksum sums to nothing.
std::uint16_t rest(Bytes bytes, std::uint32_t sum = 0) { return internet_checksum(bytes, sum); }

std::uint32_t pseudo_header(Bytes frame, std::uint8_t protocol) {
  std::uint32_t sum = protocol + static_cast<std::uint32_t>(frame.size() - 34);
  for (std::size_t i = 26; i < 34; i += 2) sum += protocol::read_u16(frame, i);
  return sum;
}

TEST(Frames, TheChecksumIsThatOfRfc1071) {
  EXPECT_EQ(internet_checksum(from_text("0001f203f4f5f6f7")), 0x220d);   // its example, complemented
  EXPECT_EQ(internet_checksum(from_text("ff")), 0x00ff);
}

TEST(Frames, EveryHeaderSumsToItsChecksum) {
  const std::vector<std::byte> odd(1447, std::byte{0x5a});
  for (const std::uint8_t flags : {TcpFrame::syn, TcpFrame::ack, TcpFrame::fin}) {
    TcpFrame tcp{.from = kA, .to = kB, .sequence = 0xffff'fff0, .flags = flags, .window = 77, .selective = {}, .payload = odd};
    if (flags == TcpFrame::ack) tcp.selective = {{1, 2}, {3, 4}, {5, 6}};
    const auto frame = encode(tcp);
    EXPECT_EQ(rest(Bytes(frame).subspan(14, 20)), 0);
    EXPECT_EQ(rest(Bytes(frame).subspan(34), pseudo_header(frame, 6)), 0);
  }
  const auto udp = encode(UdpFrame{.from = kA, .to = kB, .payload = odd});
  EXPECT_EQ(rest(Bytes(udp).subspan(34), pseudo_header(udp, 17)), 0);
}

TEST(Frames, ASegmentHasTheBytesThatTheModelCounts) {
  const std::vector<std::byte> full(1448);
  const auto frame = encode(TcpFrame{.from = kA, .to = kB, .flags = TcpFrame::ack, .selective = {}, .payload = full});
  EXPECT_EQ(frame.size(), 14u + 1500u);
  EXPECT_EQ(protocol::read_u16(frame, 16), 1500);                                   // of IPv4
  EXPECT_EQ(encode(UdpFrame{.from = kA, .to = kB, .payload = full}).size(), 14u + 28u + 1448u);
}

TEST(Frames, AddressesAndPortsStandWhereTheyShould) {
  const auto frame = encode(TcpFrame{.from = kA, .to = kB, .flags = TcpFrame::syn, .selective = {}, .payload = {}});
  EXPECT_EQ(to_hex(Bytes(frame).first(14)), "02000a4d000202000a4d00010800");
  EXPECT_EQ(to_hex(Bytes(frame).subspan(26, 12)), "0a4d00010a4d000280001ae1");
}

}  // namespace
}  // namespace swarmlab::swarmsim
