// The part of a scenario that says which trackers its torrent has: `tracker`, or `trackers` in tiers.
#pragma once

#include <vector>

#include "swarmsim/scenario/map_reader.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

// Takes `tracker` or `trackers` of the scenario's map; without either one HTTP tracker.  By tier, then by name.
std::vector<TrackerSpec> read_trackers(MapReader& scenario, Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
