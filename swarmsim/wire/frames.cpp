#include "swarmsim/wire/frames.hpp"

#include "protocol/assert.hpp"
#include "protocol/big_endian.hpp"

namespace swarmlab::swarmsim {
namespace {

using protocol::append_be;
using protocol::write_be;

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::size_t kEthernetBytes = 14;
constexpr std::size_t kIpBytes = 20;

void append_u8(std::vector<std::byte>& out, std::uint8_t value) { out.push_back(std::byte{value}); }
void append_u16(std::vector<std::byte>& out, std::uint16_t value) { append_be(out, value); }
void append_u32(std::vector<std::byte>& out, std::uint32_t value) { append_be(out, value); }

void append_address(std::vector<std::byte>& out, const IpAddress& address) {
  SWARM_ASSERT(!address.is_v6());
  for (const std::uint8_t octet : address.octets()) append_u8(out, octet);
}

// A locally administered address made of the host's own.
void append_mac(std::vector<std::byte>& out, const IpAddress& address) {
  append_u16(out, 0x0200);
  append_address(out, address);
}

// Ethernet and IPv4 headers; what follows is appended by the caller, who then calls seal().
std::vector<std::byte> begin(const Endpoint& from, const Endpoint& to, std::uint8_t protocol, std::uint16_t identification,
                             std::size_t following) {
  std::vector<std::byte> frame;
  frame.reserve(kEthernetBytes + kIpBytes + following);
  append_mac(frame, to.address);
  append_mac(frame, from.address);
  append_u16(frame, 0x0800);
  append_u16(frame, 0x4500);
  append_u16(frame, static_cast<std::uint16_t>(kIpBytes + following));
  append_u16(frame, identification);
  append_u16(frame, 0x4000);   // do not fragment
  append_u8(frame, 64);
  append_u8(frame, protocol);
  append_u16(frame, 0);
  append_address(frame, from.address);
  append_address(frame, to.address);
  const Bytes header = Bytes(frame).subspan(kEthernetBytes);
  write_be(MutableBytes(frame), kEthernetBytes + 10, internet_checksum(header));
  return frame;
}

// Puts the transport's checksum, over the pseudo header and all that follows IPv4, at `at` behind it.
void seal(std::vector<std::byte>& frame, std::uint8_t protocol, std::size_t at) {
  const Bytes transport = Bytes(frame).subspan(kEthernetBytes + kIpBytes);
  std::uint32_t sum = protocol + static_cast<std::uint32_t>(transport.size());
  for (std::size_t i = 0; i < 8; i += 2) sum += protocol::read_u16(frame, kEthernetBytes + 12 + i);
  std::uint16_t checksum = internet_checksum(transport, sum);
  if (protocol == kUdp && checksum == 0) checksum = 0xffff;   // 0 would mean: none was computed
  write_be(MutableBytes(frame), kEthernetBytes + kIpBytes + at, checksum);
}

std::vector<std::byte> options_of(const TcpFrame& frame) {
  std::vector<std::byte> options;
  const auto timestamps = [&] {
    append_u16(options, 0x080a);
    append_u32(options, frame.timestamp);
    append_u32(options, frame.echoed_timestamp);
  };
  if ((frame.flags & TcpFrame::syn) != 0) {
    append_u32(options, 0x020405b4);   // MSS 1460
    append_u16(options, 0x0402);       // selective acknowledgement
    timestamps();
    append_u32(options, 0x01030300 | kWindowScale);
    return options;
  }
  append_u16(options, 0x0101);
  timestamps();
  if (!frame.selective.empty()) {
    SWARM_ASSERT(frame.selective.size() <= 3, frame.selective.size());
    append_u16(options, 0x0101);
    append_u16(options, static_cast<std::uint16_t>(0x0502 + 8 * frame.selective.size()));
    for (const auto& [from, to] : frame.selective) {
      append_u32(options, from);
      append_u32(options, to);
    }
  }
  return options;
}

}  // namespace

std::uint16_t internet_checksum(Bytes bytes, std::uint32_t sum) {
  std::uint64_t wide = sum;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) wide += protocol::read_u16(bytes, i);
  if (bytes.size() % 2 != 0) wide += std::to_integer<std::uint64_t>(bytes.back()) << 8;
  while (wide > 0xffff) wide = (wide & 0xffff) + (wide >> 16);
  return static_cast<std::uint16_t>(~wide);
}

void set_ip_length(std::vector<std::byte>& frame, std::size_t payload_left_out) {
  const std::size_t length = frame.size() - kEthernetBytes + payload_left_out;
  write_be(MutableBytes(frame), kEthernetBytes + 2, static_cast<std::uint16_t>(length));
  write_be(MutableBytes(frame), kEthernetBytes + 10, std::uint16_t{0});
  const Bytes header = Bytes(frame).subspan(kEthernetBytes, kIpBytes);
  write_be(MutableBytes(frame), kEthernetBytes + 10, internet_checksum(header));
}

std::vector<std::byte> encode(const TcpFrame& frame) {
  const std::vector<std::byte> options = options_of(frame);
  const std::size_t header = 20 + options.size();
  std::vector<std::byte> out = begin(frame.from, frame.to, kTcp, frame.identification, header + frame.payload.size());
  append_u16(out, frame.from.port);
  append_u16(out, frame.to.port);
  append_u32(out, frame.sequence);
  append_u32(out, frame.acknowledged);
  append_u8(out, static_cast<std::uint8_t>(header / 4 << 4));
  append_u8(out, frame.flags);
  append_u16(out, frame.window);
  append_u32(out, 0);   // checksum, urgent pointer
  out.insert(out.end(), options.begin(), options.end());
  out.insert(out.end(), frame.payload.begin(), frame.payload.end());
  seal(out, kTcp, 16);
  return out;
}

std::vector<std::byte> encode(const UdpFrame& frame) {
  const std::size_t length = 8 + frame.payload.size();
  std::vector<std::byte> out = begin(frame.from, frame.to, kUdp, frame.identification, length);
  append_u16(out, frame.from.port);
  append_u16(out, frame.to.port);
  append_u16(out, static_cast<std::uint16_t>(length));
  append_u16(out, 0);
  out.insert(out.end(), frame.payload.begin(), frame.payload.end());
  seal(out, kUdp, 6);
  return out;
}

}  // namespace swarmlab::swarmsim
