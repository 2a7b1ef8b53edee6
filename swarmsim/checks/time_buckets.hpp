// TimeBuckets: how much of something came on each side of each connection, by equal parts of the run's time.
//
// For checks that judge the past: a decision is settled long after it was made (SlotWatch), when a running rate would
// tell of another time.  Four bytes per part from the first to the last in which something came.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "protocol/assert.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/run_facts.hpp"

namespace swarmlab::swarmsim {

// A part such that what came in the last whole one lies within the window over which each of the clients measures rates.
inline Duration part_within_windows(const RunFacts& facts, const std::vector<HostId>& clients) {
  Duration part = 10s;
  for (const HostId client : clients) {
    const PeerFacts& declared = facts.peers[client.value()];
    part = std::min({part, declared.rechoke_interval, declared.rate_window / 2});
  }
  return part;
}

class TimeBuckets {
 public:
  explicit TimeBuckets(Duration part) : part_(part) { SWARM_ASSERT(part > Duration{}, part.count()); }

  Duration part() const { return part_; }
  std::int64_t part_of(Time at) const { return (at - kStart) / part_; }

  void add(ConnectionId connection, Direction writes, Time at, std::uint32_t amount) {
    Side& side = sides_.at(connection, writes);
    const std::int64_t part = part_of(at);
    if (side.amounts.empty()) side.first = part;
    const auto place = static_cast<std::size_t>(std::max<std::int64_t>(0, part - side.first));
    if (place >= side.amounts.size()) side.amounts.resize(place + 1, 0);
    side.amounts[place] += amount;
  }
  // Of the parts [first, end).
  std::uint64_t sum(ConnectionId connection, Direction writes, std::int64_t first, std::int64_t end) {
    const Side& side = sides_.at(connection, writes);
    const auto size = static_cast<std::int64_t>(side.amounts.size());
    std::uint64_t sum = 0;
    for (std::int64_t i = std::max<std::int64_t>(0, first - side.first); i < std::min(size, end - side.first); ++i)
      sum += side.amounts[static_cast<std::size_t>(i)];
    return sum;
  }

 private:
  struct Side {
    std::int64_t first = 0;
    std::vector<std::uint32_t> amounts;
  };
  Duration part_;
  PerSide<Side> sides_;
};

}  // namespace swarmlab::swarmsim
