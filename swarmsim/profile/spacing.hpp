// Spacing: the period of a clock of which only some ticks are seen.
//
// A client that looks at its peers every ten seconds changes something at some of those moments and nothing at others.  What is
// seen are moments whose distances are multiples of the period, each off by what a message waits before it leaves.  The period
// is the largest spacing of which nearly all distances are multiples.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

struct Spacing {
  Duration period{};
  std::size_t fitting = 0;     // distances that are multiples of it
  std::size_t distances = 0;   // that there were
};

// `moments` sorted; such that lie closer together than kOneMoment are one.  nullopt where fewer than kFewest distances are left, or
// nothing fits them.
inline constexpr Duration kOneMoment = 700ms;
inline constexpr std::size_t kFewest = 3;
std::optional<Spacing> common_spacing(std::span<const Time> moments);

}  // namespace swarmlab::swarmsim
