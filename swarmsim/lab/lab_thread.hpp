// LabThread: the thread of a lab's network: descriptors, timers, and calls from the thread that owns it.
//
// One epoll loop; whoever works on it keeps its own timers.  It asks for the lowest real-time priority and goes without where it
// may not have it.  Others speak to its work by call() alone, which runs a function between two events and waits for it.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

// Nanoseconds of CLOCK_MONOTONIC.
std::int64_t monotonic_now();

class LabThread {
 public:
  // What it does; called on the thread.
  class Work {
   public:
    virtual void run_due() = 0;
    // When run_due() has something to do next; nullopt: not by itself.
    virtual std::optional<Time> next_due() const = 0;
    // A descriptor that is watched as `which` has something: `events` as epoll says it.
    virtual void on_ready(std::uint64_t which, std::uint32_t events) = 0;

   protected:
    ~Work() = default;
  };

  // `name` as the system shows it, at most 15 letters.  Both outlive the thread.
  LabThread(Work& work, const char* name);
  ~LabThread();
  LabThread(const LabThread&) = delete;
  LabThread& operator=(const LabThread&) = delete;

  // Any number but the greatest.  A descriptor is forgotten when it is closed.
  void watch(int descriptor, std::uint64_t which, std::uint32_t events);

  // Times count from `origin`, of CLOCK_MONOTONIC.
  void start(std::int64_t origin);
  void stop();
  bool runs() const { return thread_.joinable(); }
  Time now() const { return Time{Duration(monotonic_now() - origin_)}; }
  bool has_priority() const { return has_priority_.load(); }

  // Runs `what` on the thread, or at once where it does not run.
  void call(const std::function<void()>& what);

 private:
  void run();
  void run_calls();

  Work& work_;
  const char* name_;
  std::int64_t origin_ = 0;
  std::thread thread_;
  std::atomic<bool> stops_{false};
  std::atomic<bool> has_priority_{false};
  int epoll_ = -1;
  int wake_ = -1;
  std::mutex calls_mutex_;
  std::deque<std::function<void()>> calls_;   // under the mutex
};

// Of the calling thread: how long it ran, and how long it waited for a processor (docs of the kernel, sched-stats).
std::pair<Duration, Duration> processor_times();

}  // namespace swarmlab::swarmsim
