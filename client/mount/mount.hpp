// Mount: the control tree as a folder of this machine (libfuse3).
//
//   cat torrents/0/peers/3/state      echo 'down 1 MiB/s' > torrents/0/ctl      cat torrents/0/events
//
// Every open asks the tree anew and keeps what it got until it is closed, so that one reader sees one moment.  A write is
// commands; what cannot be understood fails with EINVAL, what is refused with EPERM, what is not there with ENOENT.  Reading
// `events` waits for the next line; a reader that lags kMaxBacklog behind comes to its end instead of being buffered for.
//
// Threads: the file system is served by threads of its own, which reach the tree only by `post`, a function that runs another
// on the engine's thread, and wait for it; the engine never waits for them.  Destroying the mount unmounts it and ends them,
// or leaves them behind if the kernel does not let them go within two seconds: they can reach the tree no more.  If the process
// dies without that, fusermount3 (auto_unmount) does it.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "client/control/tree.hpp"

namespace swarmlab::client {

class Mount {
 public:
  static constexpr std::size_t kMaxBacklog = std::size_t{4} << 20;
  static constexpr std::size_t kMaxFollowers = 6;            // each holds one of the threads
  using Post = std::function<void(std::function<void()>)>;

  // False in a build without libfuse3.
  static bool is_supported();
  // On the engine's thread; the error is a sentence.  `tree` outlives the mount.
  static std::expected<std::unique_ptr<Mount>, std::string> at(const std::string& directory, control::Tree& tree, Post post);
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  // On the engine's thread, too, when its loop does not run any more.
  ~Mount();

  struct State;

 private:
  explicit Mount(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace swarmlab::client
