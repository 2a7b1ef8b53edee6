// The part of the scenario parser that reads access lines.
#pragma once

#include <string>

#include "swarmsim/network/link_spec.hpp"
#include "swarmsim/scenario/map_reader.hpp"

namespace swarmlab::swarmsim {

// What the map states; everything else of the link stays as it is.
LinkChange read_link(const YamlNode& node, const std::string& what, Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
