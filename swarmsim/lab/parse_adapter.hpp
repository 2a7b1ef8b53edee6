// parse_adapter: the text of an adapter file -> Adapter, or everything that is wrong with it.
#pragma once

#include <optional>
#include <string_view>

#include "swarmsim/lab/adapter.hpp"
#include "swarmsim/scenario/diagnostics.hpp"

namespace swarmlab::swarmsim {

// nullopt exactly when something was added to `diagnostics`.
std::optional<Adapter> parse_adapter(std::string_view text, Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
