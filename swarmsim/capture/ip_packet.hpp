// IpPacket: the headers of one IPv4 or IPv6 packet with TCP or UDP inside, read from bytes that anybody may have made.
//
//   IPv4  RFC 791    options passed over; fragments are named, not joined
//   IPv6  RFC 8200   hop-by-hop, routing and destination options passed over; fragments likewise
//   TCP   RFC 9293   options: MSS, window scale (RFC 7323), selective acknowledgement (RFC 2018), timestamps
//   UDP   RFC 768
//
// What a host's own stack hands to its line is ordinary here: super-packets of up to 64 KiB and beyond, whose IP length is 0
// (segmentation is left to the card), and checksums that are partial or wrong; none is looked at.  A packet may be
// captured in part: `payload_length` is what the headers say, `payload` what there is of it.  What follows a packet in
// its frame (padding) is left out.  Every byte string gives a packet, or an error that says what is wrong and where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

struct TcpOptions {
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> window_scale;
  bool selective_permitted = false;
  std::uint8_t selective_count = 0;
  std::pair<std::uint32_t, std::uint32_t> selective[4] = {};   // sequence numbers, half-open
  std::optional<std::pair<std::uint32_t, std::uint32_t>> timestamps;   // own, echoed
};

struct TcpPart {
  std::uint16_t from_port = 0;
  std::uint16_t to_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;        // means something where `ack` is set
  bool syn = false;
  bool ack = false;
  bool fin = false;
  bool rst = false;
  std::uint16_t window = 0;              // as it stands in the header
  TcpOptions options;
};

struct UdpPart {
  std::uint16_t from_port = 0;
  std::uint16_t to_port = 0;
};

// Neither TCP nor UDP, or a fragment of something.
struct OtherPart {
  std::uint8_t protocol = 0;
  bool is_fragment = false;
};

struct IpPacket {
  IpAddress from;
  IpAddress to;
  std::variant<TcpPart, UdpPart, OtherPart> part;
  Bytes payload;                         // of TCP or UDP; into the bytes that were decoded
  std::size_t payload_length = 0;        // greater than its size where the capture cut it off
};

struct PacketError {
  std::string_view what;                 // "an IPv4 header of 12 bytes"
  std::size_t offset = 0;                // where, from the packet's first byte
};

std::expected<IpPacket, PacketError> decode_ip_packet(Bytes packet);

}  // namespace swarmlab::swarmsim
