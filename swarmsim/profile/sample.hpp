// Sample: one quantity, as often as it was seen.
//
// Whole numbers: what they count, nanoseconds, bytes or millionths is said by a Quantity beside it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

enum class Quantity : std::uint8_t { count, time, size, rate, share, truth };
// "12", "30 s", "16 KiB", "1 Mbit/s", "75 %", "true".
std::string quantity_text(Quantity quantity, std::int64_t value);

class Sample {
 public:
  void add(std::int64_t value) { values_.insert(std::ranges::upper_bound(values_, value), value); }
  void add(Duration value) { add(std::int64_t{value.count()}); }

  const std::vector<std::int64_t>& values() const { return values_; }
  bool empty() const { return values_.empty(); }
  std::size_t size() const { return values_.size(); }
  // By nearest rank; of an empty sample nothing can be asked.
  std::int64_t percentile(std::size_t percent) const {
    return values_[std::max<std::size_t>((values_.size() * percent + 99) / 100, 1) - 1];
  }
  std::int64_t median() const { return percentile(50); }
  std::int64_t smallest() const { return values_.front(); }
  std::int64_t largest() const { return values_.back(); }

 private:
  std::vector<std::int64_t> values_;   // sorted
};

}  // namespace swarmlab::swarmsim
