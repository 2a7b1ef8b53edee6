// Stage: the hosts and the network of a run, as its timeline acts on them.
//
// Two of them: simulated (world_stage.hpp) and real (lab/lab_run.cpp).  All calls come from the run's one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "protocol/units.hpp"
#include "swarmsim/network/link_spec.hpp"
#include "swarmsim/virtual/storage_faults.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

class Stage {
 public:
  // Calls `action` at that time.  `entity` says whose doing it is: a host's name, or any other.
  virtual void at(Time time, std::string_view entity, std::function<void()> action) = 0;

  // The cable: without it nothing goes out or comes in, and nobody is told.
  virtual void set_online(HostId host, bool is_online) = 0;
  // The host stands still: nothing runs on it, and what arrives waits until resume().
  virtual void pause(HostId host) = 0;
  virtual void resume(HostId host) = 0;
  virtual LinkSpec link(HostId host) const = 0;
  virtual void set_link(HostId host, const LinkSpec& link) = 0;
  // Packets between hosts of different cells are lost, or (one_way) only those from an earlier cell to a later.
  // Lasts until heal() is called with the number that this returns.
  virtual std::uint32_t partition(const std::vector<std::vector<HostId>>& cells, bool one_way) = 0;
  virtual void heal(std::uint32_t partition) = 0;
  // Every connection between the two is reset at both ends.
  virtual void reset_connections(HostId a, HostId b) = 0;
  virtual StorageFaults storage_faults(HostId host) const = 0;
  virtual void set_storage_faults(HostId host, const StorageFaults& faults) = 0;

 protected:
  ~Stage() = default;
};

}  // namespace swarmlab::swarmsim
