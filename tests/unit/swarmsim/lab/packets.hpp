// Packets for tests, made field by field, with the checksums that a stack would give them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "swarmsim/lab/packet_split.hpp"

namespace swarmlab::swarmsim::lab_test {

inline constexpr IpAddress kAlice = IpAddress::v4(10, 77, 0, 1);
inline constexpr IpAddress kBob = IpAddress::v4(10, 77, 0, 2);

inline void put(std::vector<std::byte>& out, std::uint32_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
}

// The sum that RFC 1071 wants to be 0xffff over what a checksum covers, the checksum included.
inline std::uint32_t ones_sum(Bytes in, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < in.size(); ++i) sum += std::to_integer<std::uint32_t>(in[i]) << (i % 2 == 0 ? 8 : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}
inline std::uint32_t transport_sum(Bytes packet) {
  const std::uint32_t pseudo = ones_sum(packet.subspan(12, 8)) + std::to_integer<std::uint32_t>(packet[9]) +
                               static_cast<std::uint32_t>(packet.size() - 20);
  return ones_sum(packet.subspan(20), pseudo);
}

inline std::vector<std::byte> ip_packet(const Endpoint& from, const Endpoint& to, IpProtocol protocol,
                                        const std::vector<std::byte>& transport) {
  std::vector<std::byte> packet;
  put(packet, 0x45, 1);
  put(packet, 0, 1);
  put(packet, static_cast<std::uint32_t>(20 + transport.size()), 2);
  put(packet, 0x1234, 2);
  put(packet, 0x4000, 2);
  put(packet, 64, 1);
  put(packet, static_cast<std::uint32_t>(protocol), 1);
  put(packet, 0, 2);
  for (const auto& address : {from.address, to.address})
    for (const std::uint8_t octet : address.octets()) put(packet, octet, 1);
  const std::uint32_t sum = 0xffff - ones_sum(packet);
  packet[10] = static_cast<std::byte>(sum >> 8);
  packet[11] = static_cast<std::byte>(sum & 0xff);
  packet.insert(packet.end(), transport.begin(), transport.end());
  return packet;
}

inline void close_checksum(std::vector<std::byte>& packet, std::size_t at) {
  const std::uint32_t sum = 0xffff - transport_sum(packet);
  packet[at] = static_cast<std::byte>(sum >> 8);
  packet[at + 1] = static_cast<std::byte>(sum & 0xff);
}

inline constexpr std::uint32_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kCwr = 128;

struct Tcp {
  Endpoint from{kAlice, 1000};
  Endpoint to{kBob, 2000};
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  std::uint32_t flags = kAck;
  std::string_view payload = {};
};
inline std::vector<std::byte> tcp_packet(const Tcp& tcp) {
  std::vector<std::byte> out;
  put(out, tcp.from.port, 2);
  put(out, tcp.to.port, 2);
  put(out, tcp.sequence, 4);
  put(out, tcp.acknowledged, 4);
  put(out, 5 << 4, 1);
  put(out, tcp.flags, 1);
  put(out, 65'535, 2);
  put(out, 0, 4);
  for (const char c : tcp.payload) put(out, static_cast<unsigned char>(c), 1);
  auto packet = ip_packet(tcp.from, tcp.to, IpProtocol::tcp, out);
  close_checksum(packet, 36);
  return packet;
}

inline std::vector<std::byte> udp_packet(const Endpoint& from, const Endpoint& to, std::string_view payload) {
  std::vector<std::byte> out;
  put(out, from.port, 2);
  put(out, to.port, 2);
  put(out, static_cast<std::uint32_t>(8 + payload.size()), 2);
  put(out, 0, 2);
  for (const char c : payload) put(out, static_cast<unsigned char>(c), 1);
  auto packet = ip_packet(from, to, IpProtocol::udp, out);
  close_checksum(packet, 26);
  return packet;
}

inline PacketSight sight_of(const std::vector<std::byte>& packet) {
  const auto sight = look_at(packet);
  return sight ? *sight : PacketSight{};
}

}  // namespace swarmlab::swarmsim::lab_test
