#include "swarmsim/network/byte_ranges.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {

void ByteRanges::add(ByteRange range) {
  SWARM_ASSERT(range.begin < range.end, range.begin, range.end);
  const auto first = std::ranges::lower_bound(ranges_, range.begin, {}, &ByteRange::end);
  auto last = first;
  while (last != ranges_.end() && last->begin <= range.end) {
    range.begin = std::min(range.begin, last->begin);
    range.end = std::max(range.end, last->end);
    ++last;
  }
  if (first == last) {
    ranges_.insert(first, range);
  } else {
    *first = range;
    ranges_.erase(first + 1, last);
  }
}

void ByteRanges::forget_below(std::uint64_t offset) {
  if (ranges_.empty()) return;
  const auto first_kept = std::ranges::upper_bound(ranges_, offset, {}, &ByteRange::end);
  ranges_.erase(ranges_.begin(), first_kept);
  if (ranges_.empty()) {
    clear();
  } else {
    ranges_.front().begin = std::max(ranges_.front().begin, offset);
  }
}

void ByteRanges::clear() { std::vector<ByteRange>().swap(ranges_); }

std::uint64_t ByteRanges::count_in(ByteRange range) const {
  std::uint64_t count = 0;
  for (const ByteRange& r : ranges_) {
    if (r.begin >= range.end) break;
    const std::uint64_t begin = std::max(r.begin, range.begin);
    const std::uint64_t end = std::min(r.end, range.end);
    if (begin < end) count += end - begin;
  }
  return count;
}

ByteRange ByteRanges::first_gap(std::uint64_t from, std::uint64_t limit) const {
  auto next = std::ranges::upper_bound(ranges_, from, {}, &ByteRange::end);
  if (next != ranges_.end() && next->begin <= from) {
    from = next->end;
    ++next;
  }
  const std::uint64_t end = next == ranges_.end() ? limit : std::min(limit, next->begin);
  if (from >= end) return {};
  return {from, end};
}

ByteRange ByteRanges::containing(std::uint64_t offset) const {
  const auto at = std::ranges::upper_bound(ranges_, offset, {}, &ByteRange::end);
  if (at == ranges_.end() || at->begin > offset) return {};
  return *at;
}

}  // namespace swarmlab::swarmsim
