// ByteRanges: a set of byte offsets, as few sorted disjoint ranges.
//
// What TCP keeps of data that arrived out of order (receiver) or was acknowledged selectively (sender).
// Empty nearly always, and then it holds no memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace swarmlab::swarmsim {

struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;   // half-open
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

class ByteRanges {
 public:
  bool empty() const { return ranges_.empty(); }
  std::span<const ByteRange> ranges() const { return ranges_; }
  // Adds [begin, end), joining what overlaps or touches.  Requires begin < end.
  void add(ByteRange range);
  // Forgets everything below `offset`.
  void forget_below(std::uint64_t offset);
  void clear();
  // How many of [begin, end) are in the set.
  std::uint64_t count_in(ByteRange range) const;
  // The first part of [from, limit) that is not in the set; empty where there is none.
  ByteRange first_gap(std::uint64_t from, std::uint64_t limit) const;
  // The range that has `offset`; empty where there is none.
  ByteRange containing(std::uint64_t offset) const;

 private:
  std::vector<ByteRange> ranges_;   // ascending; between two of them is always a gap
};

}  // namespace swarmlab::swarmsim
