#include "swarmsim/expect/request_depths.hpp"

#include <algorithm>
#include <numeric>

namespace swarmlab::swarmsim {

void RequestDepths::on_event(const WireEvent& event) {
  const auto open = open_.on_event(event);
  if (!open || event.to.value() >= counts_.size()) return;
  std::vector<std::uint64_t>& counts = counts_[event.to.value()];
  const std::size_t depth = std::min(*open, kDeepest);
  if (depth >= counts.size()) counts.resize(depth + 1);
  ++counts[depth];
}

Number RequestDepths::median(HostId peer) const {
  const std::vector<std::uint64_t>& counts = counts_[peer.value()];
  const std::uint64_t all = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  std::uint64_t seen = 0;
  for (std::size_t depth = 0; depth < counts.size(); ++depth) {
    seen += counts[depth];
    if (seen > 0 && 2 * seen >= all) return Number::of(static_cast<std::int64_t>(depth));
  }
  return {};
}

}  // namespace swarmlab::swarmsim
