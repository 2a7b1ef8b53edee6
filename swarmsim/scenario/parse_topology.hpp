// The part of the scenario parser that reads where hosts are and how far it is between them.
#pragma once

#include <string>
#include <vector>

#include "swarmsim/scenario/map_reader.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

// `regions: [eu, us]`
std::vector<std::string> read_regions(const YamlNode& node, Diagnostics& diagnostics);
// `delays`, a list of { between: [A, B], delay } and { from: A, to: B, delay }, each side a region or a selector of peers;
// null where the file has none.  Uses the regions that groups and tracker name, and reports those that do not exist.
CoreDelays read_delays(const YamlNode* node, const std::vector<std::string>& regions, const Scenario& scenario,
                       Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
