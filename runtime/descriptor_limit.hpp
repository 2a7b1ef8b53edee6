// How many descriptors this process may have: files, sockets and timers alike (RLIMIT_NOFILE).
#pragma once

#include <cstdint>

namespace swarmlab::runtime {

// Raises what it may have to `wanted`, or to as much of that as the system allows, and never lowers it; what it may have then.
std::uint64_t allow_descriptors(std::uint64_t wanted);

}  // namespace swarmlab::runtime
