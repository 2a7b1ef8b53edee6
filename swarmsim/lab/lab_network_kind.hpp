// LabNetworkKind: what stands between the processes of a lab run.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace swarmlab::swarmsim {

enum class LabNetworkKind : std::uint8_t {
  namespaces,   // a network namespace each, and a router: everything that scenarios can ask of links
  relays,       // loopback, and a relay between any two: needs no rights, loses no packets
  none,         // loopback as it is: only what trackers, disks and processes show is judged
};
inline constexpr std::array<std::string_view, 3> kLabNetworkNames{"namespaces", "relays", "none"};
constexpr std::string_view to_string(LabNetworkKind kind) { return kLabNetworkNames[static_cast<std::size_t>(kind)]; }

}  // namespace swarmlab::swarmsim
