// The part of the scenario parser that reads peer groups.
#pragma once

#include "swarmsim/scenario/map_reader.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

// Groups sorted by name; `pattern` holds what a group does not state itself.
std::vector<PeerGroup> read_peers(const YamlNode& node, const PeerGroup& pattern, Diagnostics& diagnostics);
// What only the whole scenario shows.
void check_peers(const Scenario& scenario, Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
