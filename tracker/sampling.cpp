#include "tracker/sampling.hpp"

#include <bit>
#include <numeric>
#include <span>

namespace swarmlab::tracker {
namespace {

// The numbers taken so far, at a load of at most one half.
class SmallSet {
 public:
  explicit SmallSet(std::uint32_t capacity) : cells_(std::bit_ceil(std::size_t{capacity} * 2), kFree) {}

  // False when it was there already.
  bool insert(std::uint32_t number) {
    const std::size_t mask = cells_.size() - 1;
    std::size_t at = (number * std::size_t{0x9e37'79b9}) & mask;
    while (cells_[at] != kFree) {
      if (cells_[at] == number) return false;
      at = (at + 1) & mask;
    }
    cells_[at] = number;
    return true;
  }

 private:
  static constexpr std::uint32_t kFree = 0xffff'ffff;   // never drawn: numbers are below the population
  std::vector<std::uint32_t> cells_;
};

}  // namespace

std::vector<std::uint32_t> sample(std::uint32_t population, std::uint32_t wanted,
                                  runtime::Random& random) {
  std::vector<std::uint32_t> chosen;
  if (wanted >= population) {
    chosen.resize(population);
    std::iota(chosen.begin(), chosen.end(), 0u);
  } else if (wanted > 0) {
    chosen.reserve(wanted);
    SmallSet taken(wanted);
    for (std::uint32_t last = population - wanted; last < population; ++last) {
      const auto drawn = static_cast<std::uint32_t>(random.below(std::uint64_t{last} + 1));
      const std::uint32_t number = taken.insert(drawn) ? drawn : last;
      if (number == last && number != drawn) taken.insert(last);
      chosen.push_back(number);
    }
  }
  random.shuffle(std::span(chosen));
  return chosen;
}

}  // namespace swarmlab::tracker
