// EventLoop: the one thread of the real world on which engines run.
//
// Asio's io_context carries time, signals and work posted by other threads; sockets hang in an epoll set of
// ours inside it.  A socket is registered once, edge-triggered, for all it will ever wait for,
// where Asio's own async_wait() costs a system call per wait: on a busy stream that is as much as the
// read itself.
//
//        timers, signals, post()            sockets
//                 |                            |
//            io_context  <- one descriptor - epoll set
//                 |                            |
//            Alarm, functions            Watcher::on_events, up to 256 per round
//                 \____________  ______________/
//                              \/
//                  Tasks put up with soon(): once per round, e.g. to flush what was written
//
// Everything but post() and stop() is called on the loop's thread.  Nothing registered here is ever called
// from inside a call to this interface, nor while another callback runs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "protocol/units.hpp"
#include "runtime/clock.hpp"

namespace swarmlab::runtime {

class Watcher {
 public:
  // `events`: a set of EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR.
  virtual void on_events(std::uint32_t events) = 0;

 protected:
  ~Watcher() = default;
};

// Something to be done once, after the event being handled.
class Task {
 public:
  virtual void run_task() = 0;

 protected:
  ~Task() = default;

 private:
  friend class EventLoop;
  bool is_due_ = false;
};

class EventLoop final : public Clock {
 public:
  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  // Since the loop was made.
  Time now() const override;

  // Handles events until stop().
  void run();
  // From any thread.  run() returns soon; a later run() goes on.
  void stop();
  // Handles one event, or none if `limit` passes first; says which.
  bool run_one(Duration limit);

  // From any thread: `function` runs on the loop's thread.
  void post(std::function<void()> function);
  // SIGINT and SIGTERM call `handler` on the loop's thread instead of ending the process.
  void on_signal(std::function<void(int signal)> handler);

  void soon(Task& task);
  // The task will not run; does nothing where it is not due.
  void cancel(Task& task);

  // `events` as epoll_ctl() takes them; fails only when the kernel is out of memory.
  [[nodiscard]] bool watch(int descriptor, std::uint32_t events, Watcher& watcher);
  // Also makes an edge-triggered descriptor report again what holds now.
  void watch_again(int descriptor, std::uint32_t events, Watcher& watcher);
  // Before the descriptor closes.  The watcher gets no event any more, not even one fetched already.
  void unwatch(int descriptor, Watcher& watcher);

  // One point in time at which `handler` runs; set() replaces the earlier one.
  class Alarm {
   public:
    Alarm(EventLoop& loop, std::function<void()> handler);
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;
    ~Alarm();
    // A time that has passed: soon.
    void set(Time at);
    void unset();

   private:
    struct State;
    std::shared_ptr<State> state_;
  };

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace swarmlab::runtime
