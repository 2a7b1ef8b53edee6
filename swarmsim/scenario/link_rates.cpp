#include "swarmsim/scenario/link_rates.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {
namespace {

BytesPerSecond sum_of_greatest(const Scenario& scenario, std::optional<BytesPerSecond> LinkSpec::*member,
                               std::optional<BytesPerSecond> LinkChange::*change, BytesPerSecond most) {
  std::vector<BytesPerSecond> rates;
  const auto bounded = [most](std::optional<BytesPerSecond> rate) { return !rate || rate->value() == 0 ? most : std::min(*rate, most); };
  for (std::uint32_t i = 0; i < scenario.cast.peer_count(); ++i) rates.push_back(bounded(scenario.group_of(HostId(i)).link.*member));
  for (const TimelineEntry& entry : scenario.timeline)
    if (entry.action == TimelineAction::link && entry.change.*change)
      for (const HostId peer : entry.peers) rates[peer.value()] = std::max(rates[peer.value()], bounded(entry.change.*change));
  BytesPerSecond total{};
  for (const BytesPerSecond rate : rates) total = total + rate;
  return total;
}

}  // namespace

BytesPerSecond sum_of_uplinks(const Scenario& scenario, BytesPerSecond most) {
  return sum_of_greatest(scenario, &LinkSpec::up, &LinkChange::up, most);
}

BytesPerSecond sum_of_downlinks(const Scenario& scenario, BytesPerSecond most) {
  return sum_of_greatest(scenario, &LinkSpec::down, &LinkChange::down, most);
}

}  // namespace swarmlab::swarmsim
