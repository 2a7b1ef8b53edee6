// Random: one stream of random numbers per owner.
//
// xoshiro256** (Blackman and Vigna, 2018), seeded through splitmix64.  The same seed gives the same
// numbers on every machine; nothing of <random> is used, whose distributions differ between libraries.  A
// stream for a named owner is derived from a run's seed and the name, so that adding an owner does
// not disturb the others.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/units.hpp"

namespace swarmlab::runtime {

class Random {
 public:
  explicit Random(std::uint64_t seed);
  Random(std::uint64_t seed, std::string_view owner);
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;
  Random(Random&&) = default;
  Random& operator=(Random&&) = default;

  std::uint64_t next();
  // Uniform in [0, bound), without bias.  Requires bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // True in `numerator` of `denominator` cases.  Requires denominator > 0.
  bool chance(std::uint64_t numerator, std::uint64_t denominator) { return below(denominator) < numerator; }
  void fill(MutableBytes out);
  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::array<std::uint64_t, 4> state_;
};

// A well-mixed 64-bit number from a text and a salt: entity keys, derived seeds.
std::uint64_t mix(std::uint64_t salt, std::string_view text);
std::uint64_t mix(std::uint64_t a, std::uint64_t b);

}  // namespace swarmlab::runtime
