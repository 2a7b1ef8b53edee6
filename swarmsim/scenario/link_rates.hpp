// How much all lines of a scenario could carry at once.
#pragma once

#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

// The sum of the greatest rates that each peer's line has in one direction, beginning and timeline together.  A line without a limit,
// or with one beyond `most`, counts as `most`.
BytesPerSecond sum_of_uplinks(const Scenario& scenario, BytesPerSecond most);
BytesPerSecond sum_of_downlinks(const Scenario& scenario, BytesPerSecond most);

}  // namespace swarmlab::swarmsim
