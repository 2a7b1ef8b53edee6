// parse_scenario: the text of a scenario file -> Scenario, or everything that is wrong with it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "swarmsim/scenario/diagnostics.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

// nullopt exactly when something was added to `diagnostics`.
std::optional<Scenario> parse_scenario(std::string_view text, std::span<const Override> overrides,
                                       Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
