#include "runtime/asio/event_loop.hpp"

#include <sys/epoll.h>

#include <utility>  // before Asio: Boost 1.74 forgets it

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <csignal>
#include <vector>

#include "protocol/assert.hpp"
#include "runtime/descriptor.hpp"

namespace swarmlab::runtime {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

constexpr int kEventsPerRound = 256;
// Beyond any run; keeps the arithmetic of deadlines far from overflow.
constexpr Duration kFarAway = std::chrono::hours(24 * 365);

}  // namespace

struct EventLoop::State {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
  const SteadyClock::time_point origin = SteadyClock::now();
  int epoll = -1;                              // owned by `sockets`
  asio::posix::stream_descriptor sockets{context};
  std::array<epoll_event, kEventsPerRound> events;
  int fetched = 0;                             // of `events`, in the round being handled
  int handled = 0;
  std::vector<Task*> due;                      // null where cancelled
  std::vector<Task*> running;                  // the due ones of this round
  bool drain_is_posted = false;
  bool is_dispatching = false;
  std::atomic<bool> stop_wanted = false;
  std::unique_ptr<asio::signal_set> signals;
  std::function<void(int)> signal_handler;

  // Marks that a callback runs: none may begin inside another.
  template <class Function>
  void dispatch(Function&& function) {
    SWARM_ASSERT(!is_dispatching);
    is_dispatching = true;
    function();
    is_dispatching = false;
  }

  void wait_for_sockets() {
    sockets.async_wait(asio::posix::descriptor_base::wait_read,
                       [this](const boost::system::error_code& error) {
                         if (error) return;
                         handle_sockets();
                         wait_for_sockets();
                       });
  }

  void handle_sockets() {
    do {
      fetched = ::epoll_wait(epoll, events.data(), kEventsPerRound, 0);
    } while (fetched < 0 && errno == EINTR);
    for (handled = 0; handled < fetched;) {
      const epoll_event event = events[static_cast<std::size_t>(handled++)];
      if (event.data.ptr == nullptr) continue;  // unwatched by an earlier event of this round
      dispatch([&] { static_cast<Watcher*>(event.data.ptr)->on_events(event.events); });
    }
    fetched = handled = 0;
  }

  void wait_for_signal() {
    signals->async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      dispatch([&] { signal_handler(signal); });
      wait_for_signal();
    });
  }
};

EventLoop::EventLoop() : state_(std::make_unique<State>()) {
  state_->epoll = ::epoll_create1(EPOLL_CLOEXEC);
  SWARM_ASSERT(state_->epoll >= 0, errno);
  state_->sockets.assign(state_->epoll);
  state_->wait_for_sockets();
}

EventLoop::~EventLoop() = default;

Time EventLoop::now() const {
  return kStart + std::chrono::duration_cast<Duration>(SteadyClock::now() - state_->origin);
}

void EventLoop::run() {
  while (!state_->stop_wanted.exchange(false)) {
    state_->context.restart();
    state_->context.run();
  }
}

void EventLoop::stop() {
  state_->stop_wanted = true;
  // Posted, not called: a run() that is just about to restart the context would undo it.
  asio::post(state_->context, [state = state_.get()] { state->context.stop(); });
}

bool EventLoop::run_one(Duration limit) {
  state_->context.restart();
  return state_->context.run_one_for(limit) > 0;
}

void EventLoop::post(std::function<void()> function) {
  asio::post(state_->context, [state = state_.get(), function = std::move(function)] {
    state->dispatch(function);
  });
}

void EventLoop::on_signal(std::function<void(int)> handler) {
  state_->signal_handler = std::move(handler);
  if (state_->signals != nullptr) return;
  state_->signals = std::make_unique<asio::signal_set>(state_->context, SIGINT, SIGTERM);
  state_->wait_for_signal();
}

void EventLoop::soon(Task& task) {
  if (std::exchange(task.is_due_, true)) return;
  state_->due.push_back(&task);
  if (std::exchange(state_->drain_is_posted, true)) return;
  asio::post(state_->context, [state = state_.get()] {
    state->drain_is_posted = false;
    state->running.swap(state->due);
    for (std::size_t i = 0; i < state->running.size(); ++i) {
      Task* const next = std::exchange(state->running[i], nullptr);
      if (next == nullptr) continue;
      next->is_due_ = false;
      state->dispatch([&] { next->run_task(); });
    }
    state->running.clear();
  });
}

void EventLoop::cancel(Task& task) {
  if (!std::exchange(task.is_due_, false)) return;
  std::ranges::replace(state_->due, &task, nullptr);
  std::ranges::replace(state_->running, &task, nullptr);
}

bool EventLoop::watch(int descriptor, std::uint32_t events, Watcher& watcher) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watcher;
  return ::epoll_ctl(state_->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void EventLoop::watch_again(int descriptor, std::uint32_t events, Watcher& watcher) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watcher;
  const int result = ::epoll_ctl(state_->epoll, EPOLL_CTL_MOD, descriptor, &event);
  SWARM_ASSERT(result == 0, errno);
}

void EventLoop::unwatch(int descriptor, Watcher& watcher) {
  ::epoll_ctl(state_->epoll, EPOLL_CTL_DEL, descriptor, nullptr);
  for (int i = state_->handled; i < state_->fetched; ++i) {
    epoll_event& event = state_->events[static_cast<std::size_t>(i)];
    if (event.data.ptr == &watcher) event.data.ptr = nullptr;
  }
}

// Shared with the waits under way, which may come back after the Alarm is gone.
struct EventLoop::Alarm::State {
  State(EventLoop::State& loop_state, std::function<void()> function)
      : loop(loop_state), timer(loop_state.context), handler(std::move(function)) {}

  EventLoop::State& loop;
  asio::steady_timer timer;
  std::function<void()> handler;
  Time at = kNever;                  // kNever: unset
  Time waiting_for = kNever;         // of the wait under way; kNever: none

  // The timer is moved only to come earlier: most alarms are put off before they ring, and looking
  // again once is cheaper than telling the kernel each time.
  static void wait(const std::shared_ptr<State>& state) {
    state->waiting_for = state->at;
    const Duration since_start = std::min(state->at - kStart, kFarAway);
    state->timer.expires_at(state->loop.origin +
                            std::chrono::duration_cast<SteadyClock::duration>(since_start));
    state->timer.async_wait([state](const boost::system::error_code& error) {
      if (error) return;             // replaced by a newer wait, or the alarm is gone
      state->waiting_for = kNever;
      if (state->at == kNever) return;
      if (SteadyClock::now() - state->loop.origin < state->at - kStart) return wait(state);
      state->at = kNever;
      state->loop.dispatch(state->handler);
    });
  }
};

EventLoop::Alarm::Alarm(EventLoop& loop, std::function<void()> handler)
    : state_(std::make_shared<State>(*loop.state_, std::move(handler))) {}

EventLoop::Alarm::~Alarm() {
  state_->at = kNever;
  state_->timer.cancel();
}

void EventLoop::Alarm::set(Time at) {
  state_->at = at;
  if (at < state_->waiting_for) State::wait(state_);
}

void EventLoop::Alarm::unset() { state_->at = kNever; }

}  // namespace swarmlab::runtime
