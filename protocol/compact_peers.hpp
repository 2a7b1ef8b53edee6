// Endpoints in compact form: 4 or 16 address octets, then the port (BEP 23 "peers", BEP 7 "peers6",
// BEP 15, BEP 10 "yourip").
#pragma once

#include <optional>
#include <vector>

#include "protocol/announce.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::protocol {

// nullopt unless there are 4 or 16 octets.
std::optional<IpAddress> address_from_octets(Bytes octets);

void append_address(const IpAddress& address, std::vector<std::byte>& out);
void append_compact(const Endpoint& endpoint, std::vector<std::byte>& out);

// Appends the endpoints in `compact`, each of `stride` bytes (kCompactV4Bytes or kCompactV6Bytes),
// to `peers` until that holds kMaxTrackerPeers.  Port 0 names nobody and is left out, a rest that
// is shorter than `stride` is not looked at.
void read_compact(Bytes compact, std::size_t stride, std::vector<TrackerPeer>& peers);

}  // namespace swarmlab::protocol
