// Where hosts are: 10.77.x.y, derived from their names.
//
// A host's address does not change when another peer is added (unless the two collide, which one in some
// thousand pairs does), so neither does anything that depends on addresses, like the allowed-fast sets.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "protocol/endpoint.hpp"

namespace swarmlab::swarmsim {

inline constexpr std::uint16_t kPeerPort = 6881;
inline constexpr std::uint16_t kTrackerPort = 6969;

// In the order of `names`; requires at most 60,000.
std::vector<IpAddress> addresses_for(std::span<const std::string> names);

}  // namespace swarmlab::swarmsim
