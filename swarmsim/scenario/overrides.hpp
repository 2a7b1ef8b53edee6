// --set KEY=VALUE, applied to the tree of a scenario file before it is understood.
#pragma once

#include <span>

#include "swarmsim/scenario/parse.hpp"
#include "swarmsim/scenario/yaml_tree.hpp"

namespace swarmlab::swarmsim {

// What was set carries the position of what it replaced.
void apply_overrides(YamlNode& root, std::span<const Override> overrides, Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
