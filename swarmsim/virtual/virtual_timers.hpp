// VirtualTimers: the timers of one simulated host.
//
// An armed timer has one event in the queue.  Re-armed for later it keeps that event, which is posted
// again when it comes up, so that a deadline pushed back a thousand times costs one event and not a thousand.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/timers.hpp"
#include "swarmsim/virtual/event_loop.hpp"

namespace swarmlab::swarmsim {

class VirtualTimers final : public runtime::Timers {
 public:
  VirtualTimers(EventLoop& loop, Entity& entity, std::uint32_t host)
      : loop_(loop), entity_(entity), host_(host) {}

  runtime::TimerId create(runtime::TimerHandler& handler, runtime::Tag tag) override;
  void destroy(runtime::TimerId timer) override;
  void arm(runtime::TimerId timer, Time at) override;
  void disarm(runtime::TimerId timer) override;

  // ---- the world's calls ----
  void on_event(std::uint32_t slot, std::uint32_t sequence);
  // None of today's timers fires any more; their owners may still destroy them.
  void end_process();

 private:
  static constexpr std::uint32_t kNoSequence = 0xffff'ffff;
  struct Slot {
    runtime::TimerHandler* handler = nullptr;   // null: its process has ended, or the slot is free
    runtime::Tag tag = 0;
    Time armed_for = kNever;
    Time queued_at = kNever;
    std::uint32_t armed_sequence = kNoSequence;    // decides among timers due together
    std::uint32_t queued_sequence = kNoSequence;   // of the event that counts; others are dead
  };
  void post(std::uint32_t slot, Time at, std::uint32_t sequence);

  EventLoop& loop_;
  Entity& entity_;
  std::uint32_t host_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace swarmlab::swarmsim
