// Outside: everything through which an engine reaches the world, in one bundle.
//
// One per host and engine: an engine is single-threaded and sees only these.  runtime/asio gives the
// real one, swarmsim/virtual as many as there are simulated hosts.
#pragma once

#include "runtime/clock.hpp"
#include "runtime/file_system.hpp"
#include "runtime/hasher.hpp"
#include "runtime/network.hpp"
#include "runtime/random.hpp"
#include "runtime/timers.hpp"
#include "runtime/tls.hpp"

namespace swarmlab::runtime {

struct Outside {
  Clock& clock;
  Timers& timers;
  Network& network;
  FileSystem& files;
  Hasher& hasher;
  Random& random;
  Tls* tls = nullptr;      // null: this world has none
};

}  // namespace swarmlab::runtime
