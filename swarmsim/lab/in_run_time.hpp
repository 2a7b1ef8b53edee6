// InRunTime: packets in the time of the run, which begins when its trackers are ready.
//
// The network's threads may tell of a packet a moment after something else has happened: nothing goes back in time.
#pragma once

#include <algorithm>

#include "swarmsim/wire/packet_watcher.hpp"

namespace swarmlab::swarmsim {

class InRunTime final : public PacketWatcher {
 public:
  // `to` outlives it.
  explicit InRunTime(PacketWatcher& to) : to_(to) {}
  void begin_at(Time zero) { zero_ = zero; }
  void on_entered(HostId from, Time at, Bytes packet) override { to_.on_entered(from, settle(at), packet); }
  void on_delivered(HostId to, Time at, Bytes packet) override { to_.on_delivered(to, settle(at), packet); }
  // The time of something that happens now.
  Time settle(Time at) { return latest_ = std::max(latest_, kStart + (at - zero_)); }

 private:
  PacketWatcher& to_;
  Time zero_{};
  Time latest_ = kStart;
};

}  // namespace swarmlab::swarmsim
