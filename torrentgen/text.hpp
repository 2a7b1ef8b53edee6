// How torrentgen writes numbers for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/units.hpp"

namespace swarmlab::torrentgen {

// "256 KiB", "1.5 MiB", "700 B": one decimal at most, rounded down.
std::string human_size(ByteCount size);
// "3, 7-9, 12"; after `most` ranges "and 5 more".
std::string ranges(const std::vector<std::size_t>& ascending, std::size_t most = 12);

}  // namespace swarmlab::torrentgen
