// AsioRuntime: the real world in one object: a loop, sockets, files, hashing, chance.
//
//   main:  AsioRuntime world({...});  Session session(world.outside());  world.on_signal(...);  world.run();
//
// Threads: the one that calls run(), on which everything is called back; `file_threads` that read and
// write; `hash_threads` that hash; up to two that resolve names.  Engines must be destroyed before the world they
// live in.  The process should ignore SIGPIPE and SIGXFSZ (as AsioRuntime makes it do), so that both come as
// errors of the write that met them.  Throws std::exception when the system denies a loop or threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "protocol/units.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::runtime {

class AsioRuntime {
 public:
  struct Options {
    std::size_t file_threads = 4;
    std::size_t file_queue = 64;                 // operations handed to the file threads at once
    std::size_t hash_threads = 0;                // 0: as many as there are processors
    std::optional<std::uint64_t> seed = std::nullopt;   // nullopt: drawn from the system
    std::string root = {};                       // where relative paths start; empty: the process' directory
  };
  explicit AsioRuntime(const Options& options);
  // Another host on the loop of `host`, which must live longer.
  AsioRuntime(AsioRuntime& host, const Options& options);
  AsioRuntime(const AsioRuntime&) = delete;
  AsioRuntime& operator=(const AsioRuntime&) = delete;
  ~AsioRuntime();

  Outside outside();

  // Handles events until stop().
  void run();
  void stop();                                   // from any thread
  // Handles one event, or none where `limit` passes first; says which.
  bool run_one(Duration limit);
  // From any thread: `function` runs on the loop's thread.
  void post(std::function<void()> function);
  // SIGINT and SIGTERM call `handler` on the loop's thread instead of ending the process.
  void on_signal(std::function<void(int signal)> handler);

  // File operations asked for and not yet answered.
  std::size_t file_backlog() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace swarmlab::runtime
