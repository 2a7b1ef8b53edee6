// ConnectionIds: proof that a UDP client receives at its address (BEP 15), without remembering anyone.
//
//   id = | 16 bits: second of issue | 48 bits: SipHash-2-4(key, address, second) |
//
// The key is drawn at start, so ids cannot be guessed (bug B68), and ids of an earlier run are not valid.  The port
// is no part of it: address translators change it between packets, and whoever shares the address can
// receive the id anyway.  Valid for exactly two minutes; clients use an id for one.
#pragma once

#include <array>
#include <cstdint>

#include "protocol/endpoint.hpp"
#include "protocol/udp_tracker.hpp"
#include "protocol/units.hpp"
#include "runtime/random.hpp"

namespace swarmlab::tracker {

// SipHash-2-4 with 64 bits of output (Aumasson and Bernstein, 2012).
using SipKey = std::array<std::uint64_t, 2>;
std::uint64_t sip_hash(const SipKey& key, Bytes message);

class ConnectionIds {
 public:
  static constexpr std::chrono::seconds kValid{120};

  explicit ConnectionIds(runtime::Random& random);
  protocol::udp::ConnectionId issue(const IpAddress& to, Time now) const;
  bool is_valid(protocol::udp::ConnectionId id, const IpAddress& from, Time now) const;

 private:
  std::uint64_t make(const IpAddress& address, std::uint64_t second) const;
  SipKey key_;
};

}  // namespace swarmlab::tracker
