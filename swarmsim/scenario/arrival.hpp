// Arrival: when the members of a group join.
//
//   together   all at `at`
//   spread     each by itself at a random time within `time` after `at`
//   poisson    one after another in random gaps of `time` on average, the first gap beginning at `at`
//   bursts     `burst` of them together at `at`, as many again `time` later, and so on
#pragma once

#include <cstdint>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

struct Arrival {
  enum class Kind : std::uint8_t { together, spread, poisson, bursts } kind = Kind::together;
  Time at = kStart;
  Duration time{};
  std::uint32_t burst = 1;
};

}  // namespace swarmlab::swarmsim
