// The real world: two AsioRuntimes on one loop, at 127.0.0.2 and 127.0.0.3, each with a directory of its own.
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "runtime/asio/asio_runtime.hpp"
#include "tests/conformance/world.hpp"

namespace swarmlab::conformance {
namespace {

// How long nothing must have happened for the world to count as settled.
constexpr Duration kQuiet = 50ms;

class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "swarmlab.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

runtime::AsioRuntime::Options options(std::uint64_t seed, const Directory& root) {
  return {.file_threads = 2, .hash_threads = 2, .seed = seed, .root = root.path()};
}

class AsioWorld final : public World {
 public:
  runtime::Outside at(Side side) override { return host(side).outside(); }
  IpAddress address(Side side) const override {
    return side == Side::a ? IpAddress::v4(127, 0, 0, 2) : IpAddress::v4(127, 0, 0, 3);
  }
  // The kernel itself refuses to connect to a group.
  Endpoint nowhere() const override { return {IpAddress::v4(224, 0, 0, 1), 9}; }

  bool run_until(const std::function<bool()>& done, Duration limit) override {
    const Time end = now() + limit;
    while (!done()) {
      const Time before = now();
      if (before >= end) return false;
      a_.run_one(end - before);
    }
    return true;
  }
  void run_for(Duration time) override {
    const Time end = now() + time;
    for (Time before = now(); before < end; before = now()) a_.run_one(end - before);
  }
  void settle() override {
    while (a_.run_one(kQuiet)) {}
  }

  Abilities abilities() const override { return {}; }
  void lose_power(Side) override {}

 private:
  Time now() { return a_.outside().clock.now(); }
  runtime::AsioRuntime& host(Side side) { return side == Side::a ? a_ : b_; }

  Directory root_a_;
  Directory root_b_;
  runtime::AsioRuntime a_{options(1, root_a_)};
  runtime::AsioRuntime b_{a_, options(2, root_b_)};
};

SWARMLAB_CONFORMANCE_OF(Asio, std::make_unique<AsioWorld>());

}  // namespace
}  // namespace swarmlab::conformance
