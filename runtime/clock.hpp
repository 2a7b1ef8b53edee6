// Clock: what time it is in this run.
#pragma once

#include "protocol/units.hpp"

namespace swarmlab::runtime {

class Clock {
 public:
  // Monotonic; in virtual time constant while an event is handled.
  virtual Time now() const = 0;

 protected:
  ~Clock() = default;
};

}  // namespace swarmlab::runtime
