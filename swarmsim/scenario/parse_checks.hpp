// The part of the scenario parser that reads checks and expectations.
#pragma once

#include <array>
#include <string_view>

#include "swarmsim/scenario/map_reader.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

// Of every check but `expect`: `vacuous: allowed`.
inline constexpr std::string_view kVacuousKey = "vacuous";
inline constexpr std::array<std::string_view, 1> kVacuousWords{"allowed"};

// Into `scenario`, whose cast and seeds are known already.
void read_checks(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
