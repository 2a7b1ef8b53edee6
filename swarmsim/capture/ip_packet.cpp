#include "swarmsim/capture/ip_packet.hpp"

#include <algorithm>
#include <array>

#include "protocol/big_endian.hpp"

namespace swarmlab::swarmsim {
namespace {

using protocol::read_u16;
using protocol::read_u32;
using Decoded = std::expected<IpPacket, PacketError>;

constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kUdpHeader = 8;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kDestination = 60;

std::uint8_t read_u8(Bytes in, std::size_t at) { return std::to_integer<std::uint8_t>(in[at]); }
std::unexpected<PacketError> wrong(std::string_view what, std::size_t offset) { return std::unexpected(PacketError{what, offset}); }

// Where the transport's header is, and how long it and its payload are by what the headers before it say.
struct Transport {
  std::uint8_t protocol = 0;
  std::size_t offset = 0;
  std::size_t length = 0;
};

// RFC 9293, 3.1: kind, length, value; 0 ends them and 1 is padding.  What is wrong among them ends the reading, not the
// packet: its data is as good as ever.
TcpOptions decode_options(Bytes in) {
  TcpOptions options;
  std::size_t at = 0;
  while (at < in.size()) {
    const std::uint8_t kind = read_u8(in, at);
    if (kind == 0) break;
    if (kind == 1) { ++at; continue; }
    if (at + 1 >= in.size()) break;
    const std::size_t length = read_u8(in, at + 1);
    if (length < 2 || at + length > in.size()) break;
    if (kind == 2 && length == 4) options.mss = read_u16(in, at + 2);
    if (kind == 3 && length == 3) options.window_scale = read_u8(in, at + 2);
    if (kind == 4 && length == 2) options.selective_permitted = true;
    if (kind == 5 && length % 8 == 2) {
      options.selective_count = static_cast<std::uint8_t>(std::min<std::size_t>((length - 2) / 8, 4));
      for (std::size_t i = 0; i < options.selective_count; ++i)
        options.selective[i] = {read_u32(in, at + 2 + 8 * i), read_u32(in, at + 6 + 8 * i)};
    }
    if (kind == 8 && length == 10) options.timestamps = {read_u32(in, at + 2), read_u32(in, at + 6)};
    at += length;
  }
  return options;
}

void put_payload(IpPacket& packet, Bytes in, std::size_t begin, std::size_t end) {
  packet.payload_length = end - begin;
  packet.payload = in.subspan(std::min(begin, in.size()));
  packet.payload = packet.payload.first(std::min(packet.payload.size(), packet.payload_length));
}

Decoded decode_tcp(Bytes in, const Transport& transport, IpPacket packet) {
  const std::size_t at = transport.offset;
  if (in.size() < at + kTcpHeader || transport.length < kTcpHeader) return wrong("a TCP header that is cut off", at);
  TcpPart tcp;
  tcp.from_port = read_u16(in, at);
  tcp.to_port = read_u16(in, at + 2);
  tcp.sequence = read_u32(in, at + 4);
  tcp.acknowledged = read_u32(in, at + 8);
  const std::size_t header = std::size_t{4} * (read_u8(in, at + 12) >> 4);
  if (header < kTcpHeader) return wrong("a TCP header shorter than 20 bytes", at + 12);
  if (header > transport.length) return wrong("a TCP header longer than its packet", at + 12);
  const std::uint8_t flags = read_u8(in, at + 13);
  tcp.fin = (flags & 1) != 0;
  tcp.syn = (flags & 2) != 0;
  tcp.rst = (flags & 4) != 0;
  tcp.ack = (flags & 16) != 0;
  tcp.window = read_u16(in, at + 14);
  const Bytes options = in.subspan(at + kTcpHeader);
  tcp.options = decode_options(options.first(std::min(header - kTcpHeader, options.size())));
  packet.part = tcp;
  put_payload(packet, in, at + header, at + transport.length);
  return packet;
}

Decoded decode_udp(Bytes in, const Transport& transport, IpPacket packet) {
  const std::size_t at = transport.offset;
  if (in.size() < at + kUdpHeader || transport.length < kUdpHeader) return wrong("a UDP header that is cut off", at);
  // 0: longer than the field can say, as a card's segmentation leaves it.
  std::size_t length = read_u16(in, at + 4);
  if (length == 0) length = transport.length;
  if (length < kUdpHeader) return wrong("a UDP length below 8", at + 4);
  if (length > transport.length) return wrong("a UDP length beyond its packet", at + 4);
  packet.part = UdpPart{read_u16(in, at), read_u16(in, at + 2)};
  put_payload(packet, in, at + kUdpHeader, at + length);
  return packet;
}

Decoded decode_transport(Bytes in, const Transport& transport, IpPacket packet) {
  if (transport.protocol == kTcp) return decode_tcp(in, transport, std::move(packet));
  if (transport.protocol == kUdp) return decode_udp(in, transport, std::move(packet));
  packet.part = OtherPart{transport.protocol, false};
  return packet;
}

Decoded decode_ipv4(Bytes in) {
  if (in.size() < kIpv4Header) return wrong("an IPv4 header that is cut off", 0);
  const std::size_t header = std::size_t{4} * (read_u8(in, 0) & 15);
  if (header < kIpv4Header) return wrong("an IPv4 header shorter than 20 bytes", 0);
  if (in.size() < header) return wrong("IPv4 options that are cut off", kIpv4Header);
  std::size_t total = read_u16(in, 2);
  if (total == 0) total = in.size();
  if (total < header) return wrong("an IPv4 length shorter than its header", 2);
  const auto address = [in](std::size_t at) {
    return IpAddress::v4(read_u8(in, at), read_u8(in, at + 1), read_u8(in, at + 2), read_u8(in, at + 3));
  };
  IpPacket packet;
  packet.from = address(12);
  packet.to = address(16);
  const std::uint16_t fragment = read_u16(in, 6);
  const std::uint8_t protocol = read_u8(in, 9);
  if ((fragment & 0x3fff) != 0) {   // more to come, or not the first
    packet.part = OtherPart{protocol, true};
    return packet;
  }
  return decode_transport(in, {protocol, header, total - header}, std::move(packet));
}

Decoded decode_ipv6(Bytes in) {
  if (in.size() < kIpv6Header) return wrong("an IPv6 header that is cut off", 0);
  const auto address = [in](std::size_t at) {
    std::array<std::uint8_t, 16> octets;
    for (std::size_t i = 0; i < octets.size(); ++i) octets[i] = read_u8(in, at + i);
    return IpAddress::v6(octets);
  };
  IpPacket packet;
  packet.from = address(8);
  packet.to = address(24);
  // 0: a jumbogram, or a super-packet.
  const std::size_t length = read_u16(in, 4);
  const std::size_t end = length == 0 ? in.size() : kIpv6Header + length;
  std::uint8_t next = read_u8(in, 6);
  std::size_t at = kIpv6Header;
  while (next == kHopByHop || next == kRouting || next == kDestination) {
    if (in.size() < at + 8) return wrong("an IPv6 extension header that is cut off", at);
    next = read_u8(in, at);
    at += 8 + std::size_t{8} * read_u8(in, at + 1);
    if (at > end) return wrong("an IPv6 extension header longer than its packet", at);
  }
  if (next == kFragment) {
    packet.part = OtherPart{next, true};
    return packet;
  }
  return decode_transport(in, {next, at, end - at}, std::move(packet));
}

}  // namespace

std::expected<IpPacket, PacketError> decode_ip_packet(Bytes packet) {
  if (packet.empty()) return wrong("an empty packet", 0);
  switch (read_u8(packet, 0) >> 4) {
    case 4: return decode_ipv4(packet);
    case 6: return decode_ipv6(packet);
  }
  return wrong("neither IPv4 nor IPv6", 0);
}

}  // namespace swarmlab::swarmsim
