// Frames: Ethernet II, IPv4, TCP and UDP headers around a payload, with the checksums they should have.
//
//   Ethernet 14 | IPv4 20 | TCP 20, timestamps 12 (RFC 7323), selective ranges (RFC 2018) | payload
//   a SYN offers: MSS 1460, selective acknowledgement, timestamps, window scale 7
//
// Only what captures of virtual runs need: no fragments, no IPv6 (virtual hosts are 10.77.x.y).
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

// Of the window field, as every SYN offers it.
inline constexpr int kWindowScale = 7;

struct TcpFrame {
  enum Flag : std::uint8_t { fin = 1, syn = 2, rst = 4, psh = 8, ack = 16 };

  Endpoint from;
  Endpoint to;
  std::uint16_t identification = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;              // as it stands in the header
  std::uint32_t timestamp = 0;
  std::uint32_t echoed_timestamp = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> selective = {};   // at most three
  Bytes payload = {};
};

struct UdpFrame {
  Endpoint from;
  Endpoint to;
  std::uint16_t identification = 0;
  Bytes payload = {};                    // at most 65507 bytes
};

std::vector<std::byte> encode(const TcpFrame& frame);
std::vector<std::byte> encode(const UdpFrame& frame);

// The IPv4 header of the frame says from now on that so much more payload follows, though it was left out.
void set_ip_length(std::vector<std::byte>& frame, std::size_t payload_left_out);

// RFC 1071: the one's complement of the one's complement sum, `sum` carried in.
std::uint16_t internet_checksum(Bytes bytes, std::uint32_t sum = 0);

}  // namespace swarmlab::swarmsim
