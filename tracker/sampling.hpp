// A random subset in random order, in time and memory of its own size.
//
// Which peers a tracker hands out shapes the swarm: a window at a random place gives every peer the same
// chance but always the same neighbours, and the swarm falls into cliques.  Here every subset of the size is equally
// likely (R. Floyd's algorithm: Bentley, "Programming pearls: a sample of brilliance", CACM 30(9), 1987), and
// then every order of it, because many clients connect from the front of the list.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/random.hpp"

namespace swarmlab::tracker {

// min(wanted, population) distinct numbers below `population`.
std::vector<std::uint32_t> sample(std::uint32_t population, std::uint32_t wanted,
                                  runtime::Random& random);

}  // namespace swarmlab::tracker
