// Reads what a peer's `behaviour:` says, in scenarios and for `swarmsim peer`.
//
//   tar_pit                                    one behaviour, all defaults
//   [ choke_flapper, { corrupt_blocks: 5% } ]  several, in this order
//   { corrupt_blocks: { rate: 5%, after: 8 } } with parameters by name
#pragma once

#include <string>
#include <vector>

#include "swarmsim/peers/behaviour.hpp"
#include "swarmsim/scenario/diagnostics.hpp"
#include "swarmsim/scenario/yaml_tree.hpp"

namespace swarmlab::swarmsim {

// What is wrong goes to `diagnostics`; `what` names the place in them.
std::vector<BehaviourSpec> read_behaviours(const YamlNode& node, const std::string& what, Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
