// EventLoop: virtual time, and what is posted for it.
//
// The clock stands still while an event is handled and never runs backwards.  Between runs it may stand
// later than the event handled last; what is posted then for a time in between comes up at once, in the order of
// those times.
#pragma once

#include <cstdint>

#include "protocol/assert.hpp"
#include "runtime/clock.hpp"
#include "swarmsim/virtual/event_queue.hpp"

namespace swarmlab::swarmsim {

enum class EventKind : std::uint8_t {
  action,              // target: none;           item: index of the action
  timer,               // target: host;           item: timer slot
  segment_arrives,     // target: receiving host; item: segment
  segment_delivered,
  retry_timer,         // target: end of a connection; item: its connection's id
  reply_timer,
  stream_failed,
  datagram_arrives,    // target: receiving host; item: datagram
  datagram_delivered,
  name_resolved,       // target: host;           item: query
  file_done,           // target: host;           item: operation
  hash_done,           // target: host;           item: request
};

class EventLoop final : public runtime::Clock {
 public:
  Time now() const override { return now_; }

  // No event can come up in a place before this one.
  Time earliest() const { return earliest_; }

  // Returns the event's sequence within its entity.  A time that has passed counts as earliest().
  std::uint32_t post(Time at, Entity& by, EventKind kind, std::uint32_t target, std::uint32_t item) {
    const std::uint32_t sequence = by.next_sequence++;
    repost(at, by, sequence, kind, target, item);
    return sequence;
  }
  // Posts again under the sequence it had: its place among equal times stays.
  void repost(Time at, const Entity& by, std::uint32_t sequence, EventKind kind, std::uint32_t target,
              std::uint32_t item) {
    queue_.push({.time = at < earliest_ ? earliest_ : at, .key = by.key, .sequence = sequence,
                 .item = item, .kind_and_target = Event::pack(static_cast<std::uint8_t>(kind), target)});
  }

  bool has_event_until(Time limit) const { return !queue_.empty() && queue_.first().time <= limit; }
  bool empty() const { return queue_.empty(); }
  // Requires that there is one.
  const Event& next() const { return queue_.first(); }
  // The event that comes `steps` after the next, as far as it is known; else null.
  const Event* ahead(std::size_t steps) const { return queue_.ahead(steps); }
  // Takes the first event and sets the clock to its time.
  Event take() {
    const Event event = queue_.pop();
    SWARM_ASSERT(event.time >= earliest_, event.time.time_since_epoch().count());
    earliest_ = event.time;
    if (event.time > now_) now_ = event.time;
    ++events_;
    trace_ = (trace_ ^ static_cast<std::uint64_t>(event.time.time_since_epoch().count())) * 0x9e3779b97f4a7c15;
    trace_ = (trace_ ^ (trace_ >> 29) ^ event.key ^ (std::uint64_t{event.sequence} << 8)) * 0xbf58476d1ce4e5b9;
    return event;
  }
  void advance_to(Time time) { if (time > now_) now_ = time; }

  std::uint64_t events() const { return events_; }
  std::uint64_t trace() const { return trace_; }
  std::size_t waiting() const { return queue_.size(); }

 private:
  EventQueue queue_;
  Time now_{};
  Time earliest_{};
  std::uint64_t events_ = 0;
  std::uint64_t trace_ = 0;
};

}  // namespace swarmlab::swarmsim
