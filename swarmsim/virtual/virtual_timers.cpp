#include "swarmsim/virtual/virtual_timers.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {

runtime::TimerId VirtualTimers::create(runtime::TimerHandler& handler, runtime::Tag tag) {
  std::uint32_t index = static_cast<std::uint32_t>(slots_.size());
  if (free_.empty()) {
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  slots_[index] = Slot{.handler = &handler, .tag = tag};
  return runtime::TimerId(index);
}

void VirtualTimers::destroy(runtime::TimerId timer) {
  slots_.at(timer.value()) = Slot{};
  free_.push_back(timer.value());
}

void VirtualTimers::post(std::uint32_t index, Time at, std::uint32_t sequence) {
  slots_[index].queued_at = at;
  slots_[index].queued_sequence = sequence;
  loop_.repost(at, entity_, sequence, EventKind::timer, host_, index);
}

void VirtualTimers::arm(runtime::TimerId timer, Time at) {
  Slot& slot = slots_.at(timer.value());
  if (slot.handler == nullptr) return;
  slot.armed_for = std::max(at, loop_.earliest());
  slot.armed_sequence = entity_.next_sequence++;
  if (slot.armed_for < slot.queued_at) post(timer.value(), slot.armed_for, slot.armed_sequence);
}

void VirtualTimers::disarm(runtime::TimerId timer) { slots_.at(timer.value()).armed_for = kNever; }

void VirtualTimers::on_event(std::uint32_t index, std::uint32_t sequence) {
  Slot& slot = slots_[index];
  if (slot.queued_sequence != sequence) return;
  slot.queued_at = kNever;
  slot.queued_sequence = kNoSequence;
  if (slot.armed_for == kNever) return;
  if (slot.armed_sequence != sequence) {   // armed again since, for later or for a later place among equals
    post(index, slot.armed_for, slot.armed_sequence);
    return;
  }
  slot.armed_for = kNever;
  if (slot.handler != nullptr) slot.handler->on_timer(slot.tag);
}

void VirtualTimers::end_process() {
  for (Slot& slot : slots_) {
    slot.handler = nullptr;
    slot.armed_for = kNever;
  }
}

}  // namespace swarmlab::swarmsim
