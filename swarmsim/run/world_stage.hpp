// WorldStage: a simulated world as the stage of a timeline.
#pragma once

#include <utility>

#include "swarmsim/run/stage.hpp"
#include "swarmsim/virtual/world.hpp"

namespace swarmlab::swarmsim {

class WorldStage final : public Stage {
 public:
  // `world` outlives it.
  explicit WorldStage(World& world) : world_(world) {}

  void at(Time time, std::string_view entity, std::function<void()> action) override { world_.at(time, entity, std::move(action)); }
  void set_online(HostId host, bool is_online) override {
    if (is_online) world_.attach(host);
    else world_.detach(host);
  }
  void pause(HostId host) override { world_.pause(host); }
  void resume(HostId host) override { world_.resume(host); }
  LinkSpec link(HostId host) const override { return world_.link(host); }
  void set_link(HostId host, const LinkSpec& link) override { world_.set_link(host, link); }
  std::uint32_t partition(const std::vector<std::vector<HostId>>& cells, bool one_way) override { return world_.partition(cells, one_way); }
  void heal(std::uint32_t partition) override { world_.heal(partition); }
  void reset_connections(HostId a, HostId b) override { world_.reset_connections(a, b); }
  StorageFaults storage_faults(HostId host) const override { return world_.files(host).storage_faults(); }
  void set_storage_faults(HostId host, const StorageFaults& faults) override { world_.files(host).set_storage_faults(faults); }

 private:
  World& world_;
};

}  // namespace swarmlab::swarmsim
