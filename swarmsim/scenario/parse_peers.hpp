// The part of the scenario parser that reads links, peer groups, timeline and checks.
#pragma once

#include "swarmsim/scenario/map_reader.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

void read_link(const YamlNode& node, const std::string& what, LinkSpec& link, Diagnostics& diagnostics);
// Groups sorted by name; `pattern` holds what a group does not state itself.
std::vector<PeerGroup> read_peers(const YamlNode& node, const PeerGroup& pattern, Diagnostics& diagnostics);
std::vector<TimelineEntry> read_timeline(const YamlNode& node, const Cast& cast, Diagnostics& diagnostics);
std::vector<CheckSpec> read_checks(const YamlNode& node, const Cast& cast, Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
