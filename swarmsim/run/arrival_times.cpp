#include "swarmsim/run/arrival_times.hpp"

#include <fmt/format.h>

#include <span>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

void arrive(const Scenario& scenario, const Arrival& arrival, std::span<const HostId> peers, std::uint64_t seed,
            std::vector<Time>& times) {
  if (peers.empty()) return;
  runtime::Random gaps(seed, fmt::format("arrivals with {}", scenario.cast.name(peers.front())));
  Time last = arrival.at;
  std::uint32_t number = 0;
  for (const HostId peer : peers) {
    Time& time = times[peer.value()];
    switch (arrival.kind) {
      case Arrival::Kind::together: time = arrival.at; break;
      case Arrival::Kind::spread: {
        runtime::Random own(seed, fmt::format("arrival of {}", scenario.cast.name(peer)));
        const auto width = static_cast<std::uint64_t>(arrival.time.count());
        time = arrival.at + Duration(static_cast<std::int64_t>(own.below(width)));
        break;
      }
      case Arrival::Kind::poisson:
        last += random_gap(arrival.time, gaps);
        time = last;
        break;
      case Arrival::Kind::bursts: time = arrival.at + arrival.time * (number / arrival.burst); break;
    }
    ++number;
  }
}

}  // namespace

Duration random_gap(Duration mean, runtime::Random& random) {
  constexpr int kFractionBits = 16;   // a day of nanoseconds has 47
  SWARM_ASSERT(mean > Duration{0} && mean <= 24h);
  // A number stands at the head of a falling run of odd length with probability exp(-number); the tries that fail
  // before one succeeds count whole means.
  for (std::int64_t whole = 0;; ++whole) {
    const std::uint64_t head = random.next();
    std::uint64_t lowest = head;
    int length = 1;
    for (std::uint64_t next = random.next(); next < lowest; next = random.next()) {
      lowest = next;
      ++length;
    }
    if (length % 2 == 0) continue;
    const auto fraction = static_cast<std::int64_t>(head >> (64 - kFractionBits));
    return std::min<Duration>(24h, mean * whole + Duration(mean.count() * fraction >> kFractionBits));
  }
}

std::vector<Time> arrival_times(const Scenario& scenario, std::uint64_t seed) {
  std::vector<Time> times(scenario.cast.peer_count());
  std::vector<std::vector<HostId>> members(scenario.groups.size());
  for (std::uint32_t i = 0; i < times.size(); ++i) members[scenario.cast.group_of(HostId(i))].push_back(HostId(i));
  for (std::size_t i = 0; i < members.size(); ++i) arrive(scenario, scenario.groups[i].join, members[i], seed, times);
  for (const TimelineEntry& entry : scenario.timeline)
    if (entry.action == TimelineAction::join) arrive(scenario, entry.arrival, entry.peers, seed, times);
  return times;
}

}  // namespace swarmlab::swarmsim
