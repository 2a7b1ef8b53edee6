#include "client/descriptor_budget.hpp"

#include <algorithm>

namespace swarmlab::client {
namespace {

// Streams of the terminal, poll, timers, listeners, trackers and the names they have, resume files, the control interface.
constexpr std::uint64_t kForEverythingElse = 20;

// A process without torrents may be given one.
std::size_t at_least_one(std::size_t torrents) { return std::max<std::size_t>(torrents, 1); }

std::uint64_t of_one_torrent(const Settings& wanted) {
  return std::uint64_t{wanted.open_files} + wanted.max_peers + wanted.max_half_open;
}

std::uint32_t at_most(std::uint64_t share, std::uint32_t wanted) {
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(share, 1, std::max(wanted, 1u)));
}

}  // namespace

bool DescriptorBudget::is_tight(const Settings& wanted) const {
  return open_files < wanted.open_files || max_peers < wanted.max_peers || max_half_open < wanted.max_half_open;
}

std::uint64_t descriptors_wanted(std::size_t torrents, const Settings& wanted) {
  return of_one_torrent(wanted) * at_least_one(torrents) + kForEverythingElse;
}

DescriptorBudget share_descriptors(std::uint64_t limit, std::size_t torrents, const Settings& wanted) {
  const std::uint64_t rest = limit > kForEverythingElse ? (limit - kForEverythingElse) / at_least_one(torrents) : 0;
  if (rest >= of_one_torrent(wanted)) return {wanted.open_files, wanted.max_peers, wanted.max_half_open};
  DescriptorBudget budget;
  budget.open_files = at_most(rest / 4, wanted.open_files);
  budget.max_half_open = at_most(rest / 4, wanted.max_half_open);
  const std::uint64_t taken = budget.open_files + budget.max_half_open;
  budget.max_peers = at_most(rest > taken ? rest - taken : 0, wanted.max_peers);
  return budget;
}

}  // namespace swarmlab::client
