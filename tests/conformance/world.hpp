// World: what the conformance suite needs of an implementation of runtime/: two hosts that can reach
// each other, and a way to let time pass.
//
// Every suite below is written once, against Outside, and is run in each world: asio_world.cpp
// (real sockets and disks on this machine) and virtual_world.cpp (swarmsim's virtual time) each
// instantiate all of them with SWARMLAB_CONFORMANCE_OF.  What one world cannot do it denies in
// Abilities, and the test says so by GTEST_SKIP.
//
// Tests never sleep: they run the world until something is true, within a limit of the world's own
// time, or let it settle() to see that nothing (more) happens.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::conformance {

// The two hosts.  Each has a file system of its own, empty at first.
enum class Side { a, b };

struct Abilities {
  bool lose_power = false;     // lose_power() works: synced and unsynced state are kept apart
  bool has_bytes = true;       // streams, files and hashers carry real bytes
};

class World {
 public:
  virtual ~World() = default;

  // The same references until lose_power(side).
  virtual runtime::Outside at(Side side) = 0;
  virtual IpAddress address(Side side) const = 0;
  // Nobody is there, and nobody answers or refuses for it: a connection to it ends as `unreachable`
  // or `timed_out`, within five minutes of the world's time.
  virtual Endpoint nowhere() const = 0;

  // Handles events until done() is true (asked before the first and after each) or `limit` has
  // passed; says whether done() became true.
  virtual bool run_until(const std::function<bool()>& done, Duration limit = 20s) = 0;
  virtual void run_for(Duration time) = 0;
  // Lets happen whatever is under way: in the real world until nothing has happened for a while
  // (some 50 ms), in the virtual one for a few seconds.
  virtual void settle() = 0;

  virtual Abilities abilities() const = 0;
  // The host dies at once and starts again: nothing that was under way completes, open files are gone,
  // and of the file system stays what had been synced.  at(side) is the new start's Outside; earlier
  // ones of that side must not be used any more, except that their objects may be destroyed.
  // Requires abilities().lose_power.
  virtual void lose_power(Side side) = 0;
};

struct WorldKind {
  std::string name;
  std::function<std::unique_ptr<World>()> make;
  friend std::ostream& operator<<(std::ostream& out, const WorldKind& kind) { return out << kind.name; }
};

class WorldTest : public testing::TestWithParam<WorldKind> {
 protected:
  World& world() { return *world_; }
  runtime::Outside a() { return world_->at(Side::a); }
  runtime::Outside b() { return world_->at(Side::b); }
  bool run_until(const std::function<bool()>& done, Duration limit = 20s) {
    return world_->run_until(done, limit);
  }

 private:
  std::unique_ptr<World> world_ = GetParam().make();
};

class StreamConformance : public WorldTest {};
class StreamEndConformance : public WorldTest {};
class DatagramConformance : public WorldTest {};
class NameConformance : public WorldTest {};
class TimerConformance : public WorldTest {};
class FileConformance : public WorldTest {};
class FileErrorConformance : public WorldTest {};
class HashConformance : public WorldTest {};
class HttpConformance : public WorldTest {};

inline std::string world_name(const testing::TestParamInfo<WorldKind>& info) { return info.param.name; }

// Runs every suite in the world that `maker` (an expression giving std::unique_ptr<World>) makes.
#define SWARMLAB_CONFORMANCE_OF(world, maker)                     \
  SWARMLAB_CONFORMANCE_SUITE(world, StreamConformance, maker);    \
  SWARMLAB_CONFORMANCE_SUITE(world, StreamEndConformance, maker); \
  SWARMLAB_CONFORMANCE_SUITE(world, DatagramConformance, maker);  \
  SWARMLAB_CONFORMANCE_SUITE(world, NameConformance, maker);      \
  SWARMLAB_CONFORMANCE_SUITE(world, TimerConformance, maker);     \
  SWARMLAB_CONFORMANCE_SUITE(world, FileConformance, maker);      \
  SWARMLAB_CONFORMANCE_SUITE(world, FileErrorConformance, maker); \
  SWARMLAB_CONFORMANCE_SUITE(world, HashConformance, maker);      \
  SWARMLAB_CONFORMANCE_SUITE(world, HttpConformance, maker)

#define SWARMLAB_CONFORMANCE_SUITE(world, suite, maker)                                                 \
  INSTANTIATE_TEST_SUITE_P(                                                                             \
      world, suite,                                                                                     \
      testing::Values(WorldKind{#world, []() -> std::unique_ptr<World> { return maker; }}), world_name)

}  // namespace swarmlab::conformance
