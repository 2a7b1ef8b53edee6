// What checks may know before a run begins, as scenario and seed declare it.
//
// A function of both and of nothing else: whoever judges a stored trace gets from its scenario the facts of the run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/scenario/scenario.hpp"
#include "tracker/announce_rules.hpp"

namespace swarmlab::swarmsim {

// How a tracker of ours is set up for the scenario.
tracker::AnnounceSettings announce_settings(const TrackerSpec& spec);

// Whether its members are raw peers without an engine.
bool is_script(const PeerGroup& group);

RunFacts declared_facts(const Scenario& scenario, std::uint64_t seed);

// By HostId, the trackers' after the peers'.
std::vector<std::string> host_names(const Cast& cast);

}  // namespace swarmlab::swarmsim
