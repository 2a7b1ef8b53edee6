// Canonical peer priority (BEP 40): a number that both ends of a connection compute alike, and nobody can choose for itself.
//
// Problem: where every peer is full, the order of arrival decides who takes part, a newcomer finds all doors shut, and whoever
// connects often and fast enough can keep everybody else out.  With a rank that all agree on, a full peer gives up its lowest
// connection for a higher one: each peer is high with some others, and an attacker is high with as many as anybody.
//
//   priority = crc32c(sort(masked address, masked address)), or of the ports where the addresses are equal
//
// The mask (BEP 40): IPv4 ff.ff.55.55; within one /16 ff.ff.ff.55; within one /24 all.  IPv6 the same way, beginning with
// ffff:ffff:ffff:5555:...; within one /48 another byte is whole, within one /56 two are, and so on.
// Rationale: who has many addresses has them next to each other, and must not get many tries at a high rank.
//
// Who may be given up (source: BEP 3's aim, trade; libtorrent's attach_peer() asks for the rank alone, which in a swarm of few
// slots throws out partners)
//  1. not a peer with which payload moved in the last rate window, either way, or that owes blocks or is owed some;
//  2. not one that is unchoked and interested, at either end: it is about to;
//  3. not one that connected less than `newcomer_age` ago: it has had no chance, and who was just let in must not be thrown out
//     by the next, or two full peers would spend their time greeting.
// Of the rest the lowest goes, if the newcomer is higher.  What it was is dialled again ten minutes later at the earliest.
#pragma once

#include <cstdint>
#include <span>

#include "protocol/endpoint.hpp"

namespace swarmlab::client {

// The same whichever way round.  Requires addresses of one family.  Ports: those at which the two listen, as far as known.
std::uint32_t peer_priority(const Endpoint& one, const Endpoint& other);

// CRC-32C (Castagnoli, RFC 3720 appendix B.4).
std::uint32_t crc32c(std::span<const std::uint8_t> bytes);

}  // namespace swarmlab::client
