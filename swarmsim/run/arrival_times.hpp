// When each peer of a scenario joins, as its seed has it.
#pragma once

#include <vector>

#include "protocol/units.hpp"
#include "runtime/random.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

// By HostId.  A spread member's time is its own, drawn from seed and name; the gaps of a Poisson arrival are drawn in
// the order of the members, so that a larger count changes no earlier one.
std::vector<Time> arrival_times(const Scenario& scenario, std::uint64_t seed);

// Exponentially distributed with the given mean, at most a day.  By von Neumann's method (1951), which only compares
// uniform numbers, so that every machine draws the same.
Duration random_gap(Duration mean, runtime::Random& random);

}  // namespace swarmlab::swarmsim
