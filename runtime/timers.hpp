// Timers: re-armable alarms, one per owner and purpose, not one per request.
//
// Interface Timers is implemented by each world; Timer is how engines hold one.  Timers fire in order of
// their times, timers due together in the order in which they were armed.  A timer fires once per arming; re-arming replaces
// the earlier time.  A time that has passed fires as soon as the loop is reached, never inside arm().
#pragma once

#include <utility>

#include "protocol/assert.hpp"
#include "protocol/ids.hpp"
#include "protocol/units.hpp"
#include "runtime/tag.hpp"

namespace swarmlab::runtime {

using TimerId = Index<struct TimerTag>;

class TimerHandler {
 public:
  // The timer is disarmed again when this is called; it may be re-armed or destroyed from within.
  virtual void on_timer(Tag tag) = 0;

 protected:
  ~TimerHandler() = default;
};

class Timers {
 public:
  virtual TimerId create(TimerHandler& handler, Tag tag) = 0;
  virtual void destroy(TimerId timer) = 0;
  virtual void arm(TimerId timer, Time at) = 0;
  virtual void disarm(TimerId timer) = 0;

 protected:
  ~Timers() = default;
};

// Owns one timer.  Moves, does not copy.
class Timer {
 public:
  Timer(Timers& timers, TimerHandler& handler, Tag tag = 0)
      : timers_(&timers), id_(timers.create(handler, tag)) {}
  Timer(Timer&& other) noexcept
      : timers_(std::exchange(other.timers_, nullptr)), id_(other.id_), at_(other.at_) {}
  Timer& operator=(Timer&&) = delete;
  ~Timer() { if (timers_ != nullptr) timers_->destroy(id_); }

  void arm(Time at) { at_ = at; timers_->arm(id_, at); }
  // Arms unless an earlier or equal time is armed already.  The handler must call expired() first thing.
  void arm_no_later_than(Time at) { if (at < at_) arm(at); }
  void disarm() { at_ = kNever; timers_->disarm(id_); }
  // Tells the holder that the timer has fired: it is not armed any more.
  void expired() { at_ = kNever; }
  bool is_armed() const { return at_ != kNever; }
  Time at() const { return at_; }

 private:
  Timers* timers_;
  TimerId id_;
  Time at_ = kNever;
};

}  // namespace swarmlab::runtime
