// PeriodicBox: a behaviour that needs no occasion but time: every so often it misbehaves, or not.
//
// Its parameters `every` and `rate` say how often there is an occasion on each connection, and which share is used.
#pragma once

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

class PeriodicBox : public Box {
 public:
  using Box::Box;

  void on_start() final { wait(); }
  void on_time() final {
    wait();
    if (role_.is_due()) misbehave();
  }

 private:
  virtual void misbehave() = 0;
  void wait() { wake_at(line_.now() + role_.spec.duration("every")); }
};

}  // namespace swarmlab::swarmsim
