// MessageQueues: the messages on their way, of all connections in one pool.
//
// Per direction of a connection the queue is three indices, so an idle connection costs 12 bytes; the
// entries come from a free list and take no memory of their own once the pool has grown to what a run needs.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/assert.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

struct QueuedMessage {
  std::uint64_t end = 0;            // offset in the stream behind its last byte
  Time decided{};
  WireMessage message;
  std::uint32_t payload = 0xffffffff;   // number of its payload, where it has one
  std::uint32_t next = 0xffffffff;
};

class MessageQueues {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct Queue {
    std::uint32_t first = kNone;      // not yet received
    std::uint32_t unsent = kNone;     // the first not yet sent; of the same chain
    std::uint32_t last = kNone;
    bool empty() const { return first == kNone; }
  };

  QueuedMessage& operator[](std::uint32_t entry) { return pool_[entry]; }

  std::uint32_t push(Queue& queue, const QueuedMessage& message) {
    std::uint32_t entry = free_;
    if (entry == kNone) {
      entry = static_cast<std::uint32_t>(pool_.size());
      pool_.push_back(message);
    } else {
      free_ = pool_[entry].next;
      pool_[entry] = message;
    }
    pool_[entry].next = kNone;
    if (queue.last != kNone) pool_[queue.last].next = entry;
    else queue.first = entry;
    if (queue.unsent == kNone) queue.unsent = entry;
    queue.last = entry;
    return entry;
  }
  void mark_sent(Queue& queue) { queue.unsent = pool_[queue.unsent].next; }
  // Requires that the first was sent.
  void pop(Queue& queue) {
    const std::uint32_t entry = queue.first;
    SWARM_ASSERT(entry != kNone && entry != queue.unsent);
    queue.first = pool_[entry].next;
    if (queue.first == kNone) queue.last = kNone;
    pool_[entry].next = free_;
    free_ = entry;
  }
  // Forgets all that is on its way; `each` is told the entries.
  template <class Each>
  void clear(Queue& queue, Each each) {
    queue.unsent = kNone;
    while (!queue.empty()) {
      each(pool_[queue.first]);
      pop(queue);
    }
  }

 private:
  std::vector<QueuedMessage> pool_;
  std::uint32_t free_ = kNone;
};

}  // namespace swarmlab::swarmsim
