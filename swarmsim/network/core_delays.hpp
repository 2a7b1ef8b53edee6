// CoreDelays: how much longer packets take between certain hosts, beyond what their own lines add.
//
// Hosts are in zones (a region, or a host for itself); each ordered pair of zones has a delay, so there and back may
// differ.  Without zones there is no delay, and it costs nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

class CoreDelays {
 public:
  CoreDelays() = default;
  // All delays are zero at first.  Hosts beyond the list are in zone 0.
  CoreDelays(std::vector<std::uint32_t> zone_of_host, std::uint32_t zones)
      : zone_(std::move(zone_of_host)), zones_(zones), delay_(std::size_t{zones} * zones) {}

  bool empty() const { return delay_.empty(); }
  void set(std::uint32_t from_zone, std::uint32_t to_zone, Duration delay) {
    delay_[std::size_t{from_zone} * zones_ + to_zone] = delay;
  }
  Duration between(std::uint32_t from, std::uint32_t to) const {
    if (delay_.empty()) return Duration{0};
    return delay_[std::size_t{zone_of(from)} * zones_ + zone_of(to)];
  }

 private:
  std::uint32_t zone_of(std::uint32_t host) const { return host < zone_.size() ? zone_[host] : 0; }

  std::vector<std::uint32_t> zone_;
  std::uint32_t zones_ = 0;
  std::vector<Duration> delay_;   // from x to
};

}  // namespace swarmlab::swarmsim
