// No swarm can be faster than its lines: an assertion about the emulator, made after every run.
//
// Kumar, Ross 2006, "Peer-assisted file distribution: the minimum distribution time" (PAPERS, O1), for peers that come when
// they like and have what they like at the start:
//
//   what a peer lacked must have come through its own downlink since it joined
//   what all who completed lacked must have gone through all uplinks since their owners joined
//   what only complete peers had must have gone through their uplinks before the first other peer completed
//
// Rates are payload rates, 1448 of 1500 bytes; of a line that changes the fastest counts.
#pragma once

#include <functional>
#include <string>

#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

// `completed_at` gives kNever for who did not.  "" where all is as it can be, otherwise what is impossible, in words.
std::string faster_than_possible(const Scenario& scenario, const RunFacts& facts,
                                 const std::function<Time(HostId)>& completed_at);

}  // namespace swarmlab::swarmsim
