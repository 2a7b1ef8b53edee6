#include "runtime/asio/asio_timers.hpp"

#include "protocol/assert.hpp"

namespace swarmlab::runtime {

AsioTimers::AsioTimers(EventLoop& loop) : loop_(loop), alarm_(loop, [this] { fire(); }) {}

AsioTimers::Entry& AsioTimers::entry(TimerId timer) {
  const auto found = entries_.find(timer.value());
  SWARM_ASSERT(found != entries_.end(), timer);
  return found->second;
}

TimerId AsioTimers::create(TimerHandler& handler, Tag tag) {
  const TimerId timer = next_id_;
  ++next_id_;
  Queue maker;
  maker.insert(Armed{kNever, 0, timer});
  entries_.emplace(timer.value(), Entry{&handler, tag, maker.extract(maker.begin()), queue_.end()});
  return timer;
}

void AsioTimers::destroy(TimerId timer) {
  disarm(timer);
  entries_.erase(timer.value());
}

void AsioTimers::arm(TimerId timer, Time at) {
  Entry& entry = this->entry(timer);
  if (entry.idle.empty()) entry.idle = queue_.extract(entry.armed);
  if (at == kNever) return;
  entry.idle.value() = Armed{at, next_sequence_++, timer};
  entry.armed = queue_.insert(std::move(entry.idle)).position;
  if (!is_firing_) set_alarm();
}

void AsioTimers::disarm(TimerId timer) {
  Entry& entry = this->entry(timer);
  if (entry.idle.empty()) entry.idle = queue_.extract(entry.armed);
}

void AsioTimers::set_alarm() {
  if (!queue_.empty()) alarm_.set(queue_.begin()->at);
}

void AsioTimers::fire() {
  const Time now = loop_.now();
  // What is armed from now on waits for the next round: a timer that keeps arming itself for times gone by
  // must not keep sockets and files waiting.
  const std::uint64_t round = next_sequence_;
  is_firing_ = true;
  while (!queue_.empty() && queue_.begin()->at <= now && queue_.begin()->sequence < round) {
    Entry& entry = this->entry(queue_.begin()->timer);
    entry.idle = queue_.extract(entry.armed);
    // The handler may destroy the timer, and the entry with it.
    TimerHandler* const handler = entry.handler;
    handler->on_timer(entry.tag);
  }
  is_firing_ = false;
  set_alarm();
}

}  // namespace swarmlab::runtime
