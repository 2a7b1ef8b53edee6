#include "swarmsim/virtual/event_queue.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::uint64_t kNoSlot = std::numeric_limits<std::uint64_t>::max();

}  // namespace

void EventHeap::push(const Event& event) {
  std::size_t at = events_.size();
  events_.push_back(event);
  while (at > 0) {
    const std::size_t parent = (at - 1) / 4;
    if (!(event < events_[parent])) break;
    events_[at] = events_[parent];
    at = parent;
  }
  events_[at] = event;
}

Event EventHeap::pop() {
  SWARM_ASSERT(!events_.empty());
  const Event first = events_.front();
  const Event moved = events_.back();
  events_.pop_back();
  const std::size_t size = events_.size();
  if (size == 0) return first;
  // The hole sinks to where the last element fits.
  std::size_t at = 0;
  for (;;) {
    const std::size_t child = 4 * at + 1;
    if (child >= size) break;
    const std::size_t end = std::min(child + 4, size);
    std::size_t least = child;
    for (std::size_t i = child + 1; i < end; ++i) {
      if (events_[i] < events_[least]) least = i;
    }
    if (!(events_[least] < moved)) break;
    events_[at] = events_[least];
    at = least;
  }
  events_[at] = moved;
  return first;
}

void EventQueue::push(const Event& event) {
  const std::uint64_t slot = slot_of(event);
  if (size_++ == 0) slot_ = std::max(slot_, slot);
  if (slot <= slot_) {
    late_.push(event);
    return;
  }
  if (slot - slot_ >= kBuckets) {
    far_.push(event);
    return;
  }
  const std::uint64_t index = slot % kBuckets;
  std::vector<Event>& bucket = buckets_[index];
  if (bucket.empty()) {
    occupied_[index / 64] |= std::uint64_t{1} << (index % 64);
    if (bucket.capacity() == 0 && !spare_.empty()) {
      bucket = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  bucket.push_back(event);
  ++in_buckets_;
}

// The slot of the first bucket that has something.
std::uint64_t EventQueue::next_bucket() const {
  if (in_buckets_ == 0) return kNoSlot;
  const std::uint64_t from = (slot_ + 1) % kBuckets;
  std::uint64_t word = from / 64;
  std::uint64_t bits = occupied_[word] & (~std::uint64_t{0} << (from % 64));
  while (bits == 0) {
    word = (word + 1) % occupied_.size();
    bits = occupied_[word];
  }
  const std::uint64_t index = word * 64 + static_cast<std::uint64_t>(std::countr_zero(bits));
  return slot_ + 1 + (index + kBuckets - from) % kBuckets;
}

void EventQueue::refill() {
  const std::uint64_t bucket_slot = next_bucket();
  const std::uint64_t far_slot = far_.empty() ? kNoSlot : slot_of(far_.first());
  slot_ = std::min(bucket_slot, far_slot);
  present_.clear();
  next_ = 0;
  if (bucket_slot == slot_) {
    const std::uint64_t index = slot_ % kBuckets;
    occupied_[index / 64] &= ~(std::uint64_t{1} << (index % 64));
    std::swap(present_, buckets_[index]);
    in_buckets_ -= present_.size();
    spare_.push_back(std::exchange(buckets_[index], {}));
  }
  while (!far_.empty() && slot_of(far_.first()) == slot_) present_.push_back(far_.pop());
  std::sort(present_.begin(), present_.end());
}

Event EventQueue::pop() {
  SWARM_ASSERT(size_ > 0);
  const Event event = is_late_first() ? late_.pop() : present_[next_++];
  if (--size_ > 0 && next_ == present_.size() && late_.empty()) refill();
  return event;
}

}  // namespace swarmlab::swarmsim
