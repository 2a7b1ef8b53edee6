// AsioTimers: all timers of one host over a single alarm of the loop.
#pragma once

#include <cstdint>
#include <set>
#include <tuple>
#include <unordered_map>

#include "runtime/asio/event_loop.hpp"
#include "runtime/timers.hpp"

namespace swarmlab::runtime {

class AsioTimers final : public Timers {
 public:
  explicit AsioTimers(EventLoop& loop);

  TimerId create(TimerHandler& handler, Tag tag) override;
  void destroy(TimerId timer) override;
  void arm(TimerId timer, Time at) override;
  void disarm(TimerId timer) override;

 private:
  struct Armed {
    Time at;
    std::uint64_t sequence;          // of the arming: what is due together fires in this order
    TimerId timer;
    friend auto operator<=>(const Armed&, const Armed&) = default;
  };
  using Queue = std::set<Armed>;
  struct Entry {
    TimerHandler* handler;
    Tag tag;
    Queue::node_type idle;           // the node while disarmed, so that re-arming allocates nothing
    Queue::iterator armed;           // valid while `idle` is empty
  };

  void fire();
  void set_alarm();
  Entry& entry(TimerId timer);

  EventLoop& loop_;
  std::unordered_map<std::uint32_t, Entry> entries_;
  Queue queue_;
  std::uint64_t next_sequence_ = 0;
  TimerId next_id_;
  bool is_firing_ = false;
  EventLoop::Alarm alarm_;
};

}  // namespace swarmlab::runtime
