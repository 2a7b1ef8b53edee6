#include "swarmsim/virtual/event_queue.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {

void EventQueue::push(const Event& event) {
  std::size_t at = heap_.size();
  heap_.push_back(event);
  while (at > 0) {
    const std::size_t parent = (at - 1) / 4;
    if (!(event < heap_[parent])) break;
    heap_[at] = heap_[parent];
    at = parent;
  }
  heap_[at] = event;
}

Event EventQueue::pop() {
  SWARM_ASSERT(!heap_.empty());
  const Event first = heap_.front();
  const Event moved = heap_.back();
  heap_.pop_back();
  const std::size_t size = heap_.size();
  if (size == 0) return first;
  // The hole sinks to where the last element fits.
  std::size_t at = 0;
  for (;;) {
    const std::size_t child = 4 * at + 1;
    if (child >= size) break;
    const std::size_t end = std::min(child + 4, size);
    std::size_t least = child;
    for (std::size_t i = child + 1; i < end; ++i) {
      if (heap_[i] < heap_[least]) least = i;
    }
    if (!(heap_[least] < moved)) break;
    heap_[at] = heap_[least];
    at = least;
  }
  heap_[at] = moved;
  return first;
}

}  // namespace swarmlab::swarmsim
