// The part of the scenario parser that reads checks and expectations.
#pragma once

#include "swarmsim/scenario/map_reader.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

// Into `scenario`, whose cast and seeds are known already.
void read_checks(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
