// EventQueue: what is to happen, in the order in which it will.
//
// Order: time, then the key of the entity that posted the event (from its name), then that entity's own
// sequence.  No two events are equal, so the order does not depend on how the queue is built.
//
// A heap alone would be deep (a large swarm has a million timers waiting) and every step down it a cache miss.
// So there are three parts: what is due within the present half millisecond, in order; unsorted buckets of half a
// millisecond each for the next two seconds; and a heap for the rest.  A bucket is sorted when its time has come, and
// what is posted into the present half millisecond after that waits in a small heap beside it.  Memory of emptied
// buckets is used again.
//
// Order known ahead is worth something in itself: ahead() lets the world fetch what an event will need while it
// handles those before it.
//
// What an event means is the business of whoever posts and handles it; nothing is ever taken out of the
// middle, so events that have become pointless must be recognised when they come up.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

// Whoever posts events: a host, a timeline.
struct Entity {
  std::uint64_t key = 0;            // distinct; from the entity's name
  std::uint32_t next_sequence = 0;
};

struct Event {
  Time time{};
  std::uint64_t key = 0;
  std::uint32_t sequence = 0;
  std::uint32_t item = 0;
  std::uint64_t kind_and_target = 0;

  static std::uint64_t pack(std::uint8_t kind, std::uint32_t target) {
    return (std::uint64_t{target} << 8) | kind;
  }
  std::uint8_t kind() const { return static_cast<std::uint8_t>(kind_and_target & 0xff); }
  std::uint32_t target() const { return static_cast<std::uint32_t>(kind_and_target >> 8); }

  friend bool operator<(const Event& a, const Event& b) {
    if (a.time != b.time) return a.time < b.time;
    if (a.key != b.key) return a.key < b.key;
    return a.sequence < b.sequence;
  }
};
static_assert(sizeof(Event) == 32);

// A 4-ary heap of events.
class EventHeap {
 public:
  bool empty() const { return events_.empty(); }
  std::size_t size() const { return events_.size(); }
  const Event& first() const { return events_.front(); }
  void push(const Event& event);
  Event pop();

 private:
  std::vector<Event> events_;   // every element is before its children 4i+1 .. 4i+4
};

class EventQueue {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  // Requires that the queue is not empty.
  const Event& first() const { return is_late_first() ? late_.first() : present_[next_]; }
  // The event that comes `steps` after the first, unless others get in between; null where that is not known yet.
  const Event* ahead(std::size_t steps) const {
    return next_ + steps < present_.size() ? &present_[next_ + steps] : nullptr;
  }
  Event pop();
  void push(const Event& event);

 private:
  static constexpr int kBucketBits = 19;                  // 0.52 ms
  static constexpr std::uint64_t kBuckets = 4096;         // 2.1 s
  static std::uint64_t slot_of(const Event& event) {
    return static_cast<std::uint64_t>(event.time.time_since_epoch().count()) >> kBucketBits;
  }
  bool is_late_first() const {
    return next_ == present_.size() || (!late_.empty() && late_.first() < present_[next_]);
  }
  std::uint64_t next_bucket() const;
  void refill();

  // Invariants: every event of present_ and late_ is before every other; both are empty only when the queue is.  A
  // bucket holds events of one slot in (slot_, slot_ + kBuckets); far_ any after slot_.
  std::vector<Event> present_;   // in order; those before next_ are over
  std::size_t next_ = 0;
  EventHeap late_;               // came for the present slot, or one before, when that was sorted already
  EventHeap far_;
  std::vector<std::vector<Event>> buckets_ = std::vector<std::vector<Event>>(kBuckets);
  std::array<std::uint64_t, kBuckets / 64> occupied_{};   // a bit per bucket
  std::vector<std::vector<Event>> spare_;                 // empty, with memory
  std::uint64_t slot_ = 0;                                // up to which present_ and late_ have everything
  std::size_t in_buckets_ = 0;
  std::size_t size_ = 0;
};

}  // namespace swarmlab::swarmsim
