// EventQueue: what is to happen, in the order in which it will.
//
// Order: time, then the key of the entity that posted the event (from its name), then that entity's own
// sequence.  No two events are equal, so the order does not depend on how the queue is built.
//
// A 4-ary heap of small plain values, without allocation once it has grown.  What an event means is the
// business of whoever posts and handles it; nothing is ever taken out of the middle, so events that
// have become pointless must be recognised when they come up.
#pragma once

#include <cstdint>
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

class EventQueue {
 public:
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  // Requires that the queue is not empty.
  const Event& first() const { return heap_.front(); }
  Event pop();
  void push(const Event& event);

 private:
  std::vector<Event> heap_;   // every element is before its children 4i+1 .. 4i+4
};

}  // namespace swarmlab::swarmsim
