// Units in which clients want to be told what scenarios state with a unit.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace swarmlab::swarmsim {

// "ms", "s", "min"; "B", "KiB", "MiB"; "B/s", "KiB/s", "kB/s", "kbit/s".
std::span<const std::string_view> setting_units();

// "2 Mbit/s" in "KiB/s" is "244": rounded down, but not to nothing.  As it stands where the unit is "".  The error says why
// `text` has no such number.
std::expected<std::string, std::string> in_unit(std::string_view text, std::string_view unit);

}  // namespace swarmlab::swarmsim
