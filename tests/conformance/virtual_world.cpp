// The virtual world: two hosts on plain access lines, in virtual time.
#include "swarmsim/virtual/world.hpp"

#include "tests/conformance/world.hpp"

namespace swarmlab::conformance {
namespace {

constexpr Duration kSettled = 5s;

class VirtualWorld final : public World {
 public:
  runtime::Outside at(Side side) override { return world_.outside(host(side)); }
  IpAddress address(Side side) const override {
    return side == Side::a ? IpAddress::v4(10, 0, 0, 1) : IpAddress::v4(10, 0, 0, 2);
  }
  Endpoint nowhere() const override { return {IpAddress::v4(10, 9, 9, 9), 9}; }

  bool run_until(const std::function<bool()>& done, Duration limit) override {
    const Time end = world_.now() + limit;
    if (world_.run_while([&done] { return !done(); }, end)) return true;
    world_.run_until(end);
    return false;
  }
  void run_for(Duration time) override { world_.run_until(world_.now() + time); }
  void settle() override { run_for(kSettled); }

  Abilities abilities() const override { return {.lose_power = true, .has_bytes = true}; }
  void lose_power(Side side) override { world_.crash(host(side)); }

 private:
  swarmsim::HostId host(Side side) const { return side == Side::a ? a_ : b_; }
  swarmsim::HostId add(Side side, std::string name) {
    return world_.add_host({.name = std::move(name), .addresses = {address(side)},
                            .link = {.up = BytesPerSecond(12'500'000), .down = BytesPerSecond(12'500'000),
                                     .delay = 5ms, .queue = 256_KiB},
                            .disk = {}});
  }

  swarmsim::World world_{{.seed = 7}};
  swarmsim::HostId a_ = add(Side::a, "a");
  swarmsim::HostId b_ = add(Side::b, "b");
};

SWARMLAB_CONFORMANCE_OF(Virtual, std::make_unique<VirtualWorld>());

}  // namespace
}  // namespace swarmlab::conformance
