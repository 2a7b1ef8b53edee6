// The neutral names under which scenarios set client::Settings.
#pragma once

#include <span>
#include <string_view>

#include "client/settings.hpp"
#include "swarmsim/scenario/map_reader.hpp"

namespace swarmlab::swarmsim {

// Every name.
std::span<const std::string_view> setting_names();
// Changes what the map sets; reports unknown names and bad values.
void read_settings(const YamlNode& node, const std::string& what, client::Settings& settings,
                   Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
