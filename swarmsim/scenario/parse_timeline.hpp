// The part of the scenario parser that reads who comes and goes when, and what befalls the network meanwhile.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "swarmsim/scenario/map_reader.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

// The keys of which an entry has one: what happens.
std::span<const std::string_view> timeline_actions();
// `join:` of a group: a time, or a map with `at` and one of spread, poisson, burst.
Arrival read_arrival(const YamlNode& node, Diagnostics& diagnostics);
// Selectors of peers, sorted, each once.
std::vector<HostId> read_selectors(const YamlNode& node, const std::string& what, const Cast& cast,
                                   Diagnostics& diagnostics);
// `select:` of a group, `selection:` of an entry: rules as client/selection.hpp has them.
std::vector<client::SelectRule> read_selection(const YamlNode& node, const std::string& what, Diagnostics& diagnostics);
// By time, then as written.
std::vector<TimelineEntry> read_timeline(const YamlNode& node, const Cast& cast, Diagnostics& diagnostics);
// Reports what cannot happen: who goes before it has come, comes twice, restarts while it runs; and selections of files that are not.
void check_timeline(const Scenario& scenario, Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
