// What a message costs on the wire beyond its own bytes: an estimate, for rate limits that are meant for a line.
//
// Source: libtorrent's rate_limit_ip_overhead (stat::trancieve_ip_packet), which counts one header per packet and one per ACK;
// here with what Linux really sends: 1448 bytes of payload in a packet of 1500, and an ACK for every second packet (RFC 1122, 4.2.3.2).
//
//   data    our bytes -->  + 52 per 1448 (20 IP, 20 TCP, 12 timestamps; 72 with IPv6)
//   ACKs    <-- 52 per two packets, in the other direction: what is fetched costs uplink
//
// Blocks follow each other and fill their packets; a control message is counted as a packet of its own, for mostly it is one.
// ACKs take half of a limit at most (Throttle::charge_aside).  Not counted: retransmissions, of which nobody tells us;
// handshakes of TCP and trackers, which are few.
#pragma once

#include <algorithm>
#include <cstdint>

#include "protocol/units.hpp"

namespace swarmlab::client {

enum class WireUnit : std::uint8_t {
  bulk,      // blocks: packets are full
  message,   // at least a packet of its own
};

struct WireOverhead {
  ByteCount headers;     // in the direction of the bytes
  ByteCount acks;        // in the other

  static constexpr std::int64_t kPayload = 1448;
  static constexpr std::int64_t kPacketsPerAck = 2;

  static constexpr WireOverhead of(ByteCount bytes, WireUnit unit, bool is_v6) {
    const std::int64_t header = is_v6 ? 72 : 52;
    const std::int64_t n = bytes.value();
    if (unit == WireUnit::bulk) {
      // Of a long row of them: the part of a packet that this much fills.
      return {ByteCount((n * header + kPayload - 1) / kPayload),
              ByteCount((n * header + kPayload * kPacketsPerAck - 1) / (kPayload * kPacketsPerAck))};
    }
    const std::int64_t packets = std::max<std::int64_t>(1, (n + kPayload - 1) / kPayload);
    return {ByteCount(packets * header), ByteCount((packets + kPacketsPerAck - 1) / kPacketsPerAck * header)};
  }
};

}  // namespace swarmlab::client
