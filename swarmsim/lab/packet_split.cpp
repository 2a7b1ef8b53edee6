#include "swarmsim/lab/packet_split.hpp"

#include <algorithm>
#include <array>

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kIpHeader = 20;
constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kUdpHeader = 8;

// Where the fields are.
constexpr std::size_t kTotalLength = 2;
constexpr std::size_t kIdentification = 4;
constexpr std::size_t kFragment = 6;
constexpr std::size_t kProtocol = 9;
constexpr std::size_t kIpChecksum = 10;
constexpr std::size_t kSource = 12;
constexpr std::size_t kDestination = 16;
constexpr std::size_t kSequence = 4;
constexpr std::size_t kAcknowledged = 8;
constexpr std::size_t kDataOffset = 12;
constexpr std::size_t kFlags = 13;
constexpr std::size_t kTcpChecksum = 16;
constexpr std::size_t kUdpChecksum = 6;

constexpr unsigned kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10, kCwr = 0x80;

unsigned u8(Bytes in, std::size_t at) { return std::to_integer<unsigned>(in[at]); }
std::uint16_t u16(Bytes in, std::size_t at) { return static_cast<std::uint16_t>(u8(in, at) << 8 | u8(in, at + 1)); }
std::uint32_t u32(Bytes in, std::size_t at) { return std::uint32_t{u16(in, at)} << 16 | u16(in, at + 2); }

void put16(MutableBytes out, std::size_t at, std::uint32_t value) {
  out[at] = static_cast<std::byte>(value >> 8 & 0xff);
  out[at + 1] = static_cast<std::byte>(value & 0xff);
}
void put32(MutableBytes out, std::size_t at, std::uint32_t value) {
  put16(out, at, value >> 16);
  put16(out, at + 2, value & 0xffff);
}

// RFC 1071: sums of 16 bits in one's complement.
std::uint32_t sum_of(Bytes in, std::uint32_t sum) {
  for (std::size_t i = 0; i + 1 < in.size(); i += 2) sum += u16(in, i);
  if (in.size() % 2 != 0) sum += u8(in, in.size() - 1) << 8;
  return sum;
}
std::uint16_t folded(std::uint32_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

void set_ip_checksum(MutableBytes packet, std::size_t header) {
  put16(packet, kIpChecksum, 0);
  put16(packet, kIpChecksum, ~std::uint32_t{folded(sum_of(packet.first(header), 0))} & 0xffff);
}

// Addresses, protocol and length, which a transport's checksum covers, too.
std::uint32_t pseudo_header_sum(Bytes packet, std::size_t transport_bytes) {
  return sum_of(packet.subspan(kSource, 8), 0) + u8(packet, kProtocol) + static_cast<std::uint32_t>(transport_bytes);
}

}  // namespace

std::optional<PacketSight> look_at(Bytes packet) {
  if (packet.size() < kIpHeader || u8(packet, 0) >> 4 != 4) return std::nullopt;
  const std::size_t header = (u8(packet, 0) & 0xf) * std::size_t{4};
  if (header < kIpHeader || packet.size() < header) return std::nullopt;
  PacketSight sight;
  const auto octets = [&](std::size_t at) {
    return IpAddress::v4(static_cast<std::uint8_t>(u8(packet, at)), static_cast<std::uint8_t>(u8(packet, at + 1)),
                         static_cast<std::uint8_t>(u8(packet, at + 2)), static_cast<std::uint8_t>(u8(packet, at + 3)));
  };
  sight.from.address = octets(kSource);
  sight.to.address = octets(kDestination);
  sight.protocol = static_cast<std::uint8_t>(u8(packet, kProtocol));
  sight.transport_at = static_cast<std::uint16_t>(header);
  sight.is_fragment = (u16(packet, kFragment) & 0x1fff) != 0;
  if (sight.is_fragment) return sight;
  const Bytes transport = packet.subspan(header);
  if (sight.is(IpProtocol::udp)) {
    if (transport.size() < kUdpHeader) return std::nullopt;
  } else if (sight.is(IpProtocol::tcp)) {
    if (transport.size() < kTcpHeader) return std::nullopt;
    const std::size_t tcp_header = (u8(transport, kDataOffset) >> 4) * std::size_t{4};
    if (tcp_header < kTcpHeader || transport.size() < tcp_header) return std::nullopt;
    const unsigned flags = u8(transport, kFlags);
    sight.tcp = TcpSight{.sequence = u32(transport, kSequence), .acknowledged = u32(transport, kAcknowledged),
                         .syn = (flags & kSyn) != 0, .ack = (flags & kAck) != 0, .fin = (flags & kFin) != 0,
                         .rst = (flags & kRst) != 0,
                         .payload_bytes = static_cast<std::uint32_t>(transport.size() - tcp_header)};
  } else {
    return sight;
  }
  sight.from.port = u16(transport, 0);
  sight.to.port = u16(transport, 2);
  return sight;
}

void split(Bytes packet, const Offload& offload, std::vector<std::byte>& scratch,
           const std::function<void(Bytes, const Offload&)>& emit) {
  const auto sight = offload.segment_bytes > 0 ? look_at(packet) : std::nullopt;
  if (!sight || !sight->tcp || sight->tcp->payload_bytes <= offload.segment_bytes) {
    Offload whole = offload;
    whole.segment_bytes = whole.header_bytes = 0;
    emit(packet, sight && sight->tcp ? whole : offload);
    return;
  }
  const std::size_t header = packet.size() - sight->tcp->payload_bytes;
  const std::size_t tcp_at = sight->transport_at;
  const std::uint16_t identification = u16(packet, kIdentification);
  const unsigned flags = u8(packet, tcp_at + kFlags);
  Offload each = offload;
  each.segment_bytes = each.header_bytes = 0;
  scratch.resize(header + offload.segment_bytes);

  std::uint32_t number = 0;
  for (std::size_t at = header; at < packet.size(); ++number) {
    const std::size_t payload = std::min<std::size_t>(offload.segment_bytes, packet.size() - at);
    const bool is_last = at + payload == packet.size();
    const MutableBytes one = MutableBytes(scratch).first(header + payload);
    std::ranges::copy(packet.first(header), one.begin());
    std::ranges::copy(packet.subspan(at, payload), one.begin() + static_cast<std::ptrdiff_t>(header));
    put16(one, kTotalLength, static_cast<std::uint32_t>(one.size()));
    put16(one, kIdentification, (identification + number) & 0xffff);
    set_ip_checksum(one, tcp_at);
    put32(one, tcp_at + kSequence, sight->tcp->sequence + static_cast<std::uint32_t>(at - header));
    // What ends a burst stands on its last packet, what answers congestion on its first (RFC 3168, 6.1.2).
    unsigned kept = flags;
    if (!is_last) kept &= ~(kFin | kPsh);
    if (number > 0) kept &= ~kCwr;
    one[tcp_at + kFlags] = static_cast<std::byte>(kept);
    const std::size_t transport = one.size() - tcp_at;
    put16(one, tcp_at + kTcpChecksum, 0);
    const std::uint32_t pseudo = pseudo_header_sum(one, transport);
    // An open checksum holds the sum of the pseudo-header; a closed one is worked out anew.
    put16(one, tcp_at + kTcpChecksum,
          each.needs_checksum ? folded(pseudo) : ~std::uint32_t{folded(sum_of(one.subspan(tcp_at), pseudo))} & 0xffff);
    emit(one, each);
    at += payload;
  }
}

void rewrite_port(MutableBytes packet, const PacketSight& sight, const Offload& offload, PortOf whose, std::uint16_t port) {
  const std::size_t at = sight.transport_at + (whose == PortOf::sender ? std::size_t{0} : std::size_t{2});
  const std::uint16_t before = u16(packet, at);
  put16(packet, at, port);
  const std::size_t sum_at = sight.transport_at + kUdpChecksum;
  const std::uint16_t sum = u16(packet, sum_at);
  if (offload.needs_checksum || sum == 0) return;   // ports are not in it yet, or nobody looks
  // RFC 1624, equation 3.
  const std::uint32_t now = std::uint32_t{static_cast<std::uint16_t>(~sum)} + static_cast<std::uint16_t>(~before) + port;
  const std::uint32_t closed = ~std::uint32_t{folded(now)} & 0xffff;
  put16(packet, sum_at, closed == 0 ? 0xffff : closed);
}

std::vector<std::byte> reset_packet(const Endpoint& from, const Endpoint& to, std::uint32_t sequence) {
  std::vector<std::byte> packet(kIpHeader + kTcpHeader);
  packet[0] = std::byte{0x45};
  put16(packet, kTotalLength, static_cast<std::uint32_t>(packet.size()));
  put16(packet, kFragment, 0x4000);   // whole, and to stay so
  packet[8] = std::byte{64};          // time to live
  packet[kProtocol] = static_cast<std::byte>(IpProtocol::tcp);
  for (std::size_t i = 0; i < 4; ++i) {
    packet[kSource + i] = std::byte{from.address.octets()[i]};
    packet[kDestination + i] = std::byte{to.address.octets()[i]};
  }
  set_ip_checksum(packet, kIpHeader);
  const MutableBytes tcp = MutableBytes(packet).subspan(kIpHeader);
  put16(tcp, 0, from.port);
  put16(tcp, 2, to.port);
  put32(tcp, kSequence, sequence);
  tcp[kDataOffset] = std::byte{5 << 4};
  tcp[kFlags] = static_cast<std::byte>(kRst);
  put16(tcp, kTcpChecksum, ~std::uint32_t{folded(sum_of(tcp, pseudo_header_sum(packet, kTcpHeader)))} & 0xffff);
  return packet;
}

}  // namespace swarmlab::swarmsim
