#include "swarmsim/profile/spacing.hpp"

#include <algorithm>
#include <vector>

namespace swarmlab::swarmsim {
namespace {

constexpr int kMostMissed = 6;               // ticks in a row at which nothing was to be seen
constexpr std::size_t kNearly = 85;          // per cent of the distances
constexpr std::int64_t kSlackPart = 12;      // a distance may be off by a twelfth of the period

std::int64_t multiples_in(Duration distance, Duration period) { return (distance + period / 2) / period; }

bool fits(Duration distance, Duration period) {
  const std::int64_t times = multiples_in(distance, period);
  return times > 0 && std::chrono::abs(distance - times * period) <= period / kSlackPart;
}

}  // namespace

std::optional<Spacing> common_spacing(std::span<const Time> moments) {
  std::vector<Duration> distances;
  for (std::size_t i = 0, before = 0; i < moments.size(); ++i) {
    if (moments[i] - moments[before] < kOneMoment) continue;
    distances.push_back(moments[i] - moments[before]);
    before = i;
  }
  if (distances.size() < kFewest) return std::nullopt;
  std::optional<Spacing> best;
  for (const Duration distance : distances)
    for (int part = 1; part <= kMostMissed; ++part) {
      const Duration candidate = distance / part;
      if (candidate < kOneMoment || (best && candidate <= best->period)) continue;
      const auto fitting = static_cast<std::size_t>(std::ranges::count_if(distances, [&](Duration one) { return fits(one, candidate); }));
      if (100 * fitting < kNearly * distances.size() || fitting < kFewest) continue;
      best = Spacing{candidate, fitting, distances.size()};
    }
  if (!best) return std::nullopt;
  // Over many ticks what a single one is off by does not matter.
  Duration all{};
  std::int64_t ticks = 0;
  for (const Duration one : distances) {
    if (!fits(one, best->period)) continue;
    all += one;
    ticks += multiples_in(one, best->period);
  }
  best->period = all / ticks;
  return best;
}

}  // namespace swarmlab::swarmsim
