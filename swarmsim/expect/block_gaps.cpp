#include "swarmsim/expect/block_gaps.hpp"

#include <algorithm>
#include <span>

namespace swarmlab::swarmsim {

Number BlockGaps::median(HostId peer, Which which) const {
  std::span<const Time> blocks = arrivals_[peer.value()];
  if (blocks.size() <= kFew) return {};
  if (which == Which::first) blocks = blocks.first(kFew);
  if (which == Which::last) blocks = blocks.last(kFew);
  std::vector<Duration> gaps;
  for (std::size_t i = 1; i < blocks.size(); ++i) gaps.push_back(blocks[i] - blocks[i - 1]);
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>((gaps.size() - 1) / 2);
  std::ranges::nth_element(gaps, middle);
  return Number::of(*middle);
}

}  // namespace swarmlab::swarmsim
