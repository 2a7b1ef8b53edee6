// The part of the scenario parser that reads what is wrong with a disk.
#pragma once

#include <string>

#include "swarmsim/scenario/map_reader.hpp"
#include "swarmsim/virtual/storage_faults.hpp"

namespace swarmlab::swarmsim {

// What the map does not state is sound.
StorageFaults read_storage(const YamlNode& node, const std::string& what, Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
