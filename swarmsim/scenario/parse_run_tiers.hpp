// The part of the scenario parser that reads `tier`, and says what keeps a scenario from being of one.
//
// A scenario of the lab is played by real processes of any client, in real time, over links that we emulate on two cores:
//
//   * its limit is at most 90 s: a suite of twenty has to come to an end,
//   * the uplinks of all peers sum up to at most 100 Mbit/s, and so do the downlinks, whatever the timeline makes of them:
//     beyond that the machine decides what is measured,
//   * it says with `subject: true` whose place the client takes, and some check is about one of these,
//   * no subject has a behaviour of ours, or settings but those that every client has in some form (upload_slots, max_peers,
//     up_limit, down_limit): what only our engine knows is no claim about others.
#pragma once

#include "swarmsim/scenario/scenario.hpp"
#include "swarmsim/scenario/yaml_tree.hpp"

namespace swarmlab::swarmsim {

inline constexpr Duration kLabLimit = 90s;
inline constexpr BytesPerSecond kLabRate{100'000'000 / 8};   // of all peers, in each direction

// One of smoke, nightly, lab, lab-smoke, or a list of them.
RunTiers read_run_tiers(const YamlNode& node, Diagnostics& diagnostics);
// Of a scenario without errors and as it is written: what --set makes of it is an experiment.  `root` is its file, for the places.
void check_run_tiers(const Scenario& scenario, const YamlNode& root, Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
