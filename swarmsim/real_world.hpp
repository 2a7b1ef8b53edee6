// RealWorld: sockets, disks and signals of this machine, for the one command of swarmsim that needs them.
//
// Only main builds it; everything else gets it handed.
#pragma once

#include <functional>
#include <memory>

#include "runtime/outside.hpp"

namespace swarmlab::swarmsim {

class RealWorld {
 public:
  virtual ~RealWorld() = default;

  virtual runtime::Outside outside() = 0;
  // Handles events until stop().
  virtual void run() = 0;
  virtual void stop() = 0;
  // SIGINT and SIGTERM call this instead of ending the process.
  virtual void on_signal(std::function<void()> handler) = 0;
};

using MakeRealWorld = std::function<std::unique_ptr<RealWorld>()>;

}  // namespace swarmlab::swarmsim
