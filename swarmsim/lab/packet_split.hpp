// Packets as a router sees them: who to whom, which protocol; a super-packet cut into the packets that a line would carry.
//
// IPv4 only: the lab's hosts have no other.  A packet that is damaged or cut short is no packet.  Checksums that a stack left
// open (Offload) stay open; those that are there are kept right.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "protocol/endpoint.hpp"
#include "swarmsim/lab/packet_port.hpp"

namespace swarmlab::swarmsim {

enum class IpProtocol : std::uint8_t { icmp = 1, igmp = 2, tcp = 6, udp = 17 };   // others stay numbers

struct TcpSight {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  bool syn = false;
  bool ack = false;
  bool fin = false;
  bool rst = false;
  std::uint32_t payload_bytes = 0;
  // What the sequence numbers count: payload, and one each for SYN and FIN.
  std::uint32_t extent() const { return payload_bytes + (syn ? 1U : 0U) + (fin ? 1U : 0U); }
};

struct PacketSight {
  Endpoint from;                        // ports are 0 where the protocol has none, and in later fragments
  Endpoint to;
  std::uint8_t protocol = 0;
  bool is_fragment = false;             // but the first
  std::uint16_t transport_at = 0;       // where the header behind the IP header begins
  std::optional<TcpSight> tcp;
  bool is(IpProtocol wanted) const { return protocol == static_cast<std::uint8_t>(wanted); }
};

// nullopt: not an IPv4 packet, or not a whole one.
std::optional<PacketSight> look_at(Bytes packet);

// Gives each packet that the super-packet stands for, in order; an ordinary packet as it is.  The views live during the call.
// `scratch` is room that the caller keeps from one call to the next.
void split(Bytes packet, const Offload& offload, std::vector<std::byte>& scratch,
           const std::function<void(Bytes, const Offload&)>& emit);

// Another port, with the checksum that this takes.  UDP only.
enum class PortOf : std::uint8_t { sender, receiver };
void rewrite_port(MutableBytes packet, const PacketSight& sight, const Offload& offload, PortOf whose, std::uint16_t port);

// A whole packet that ends a connection at `to` as if `from` had sent it: accepted where `sequence` is what is expected next.
std::vector<std::byte> reset_packet(const Endpoint& from, const Endpoint& to, std::uint32_t sequence);

}  // namespace swarmlab::swarmsim
