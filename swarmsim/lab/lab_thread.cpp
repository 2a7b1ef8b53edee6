#include "swarmsim/lab/lab_thread.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <future>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::uint64_t kWake = ~std::uint64_t{0};     // the descriptor that is nobody's work

timespec to_timespec(Duration time) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {.tv_sec = time.count() / kSecond, .tv_nsec = static_cast<long>(time.count() % kSecond)};
}

}  // namespace

std::int64_t monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::pair<Duration, Duration> processor_times() {
  std::array<char, 128> text{};
  const int file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  const ssize_t got = read(file, text.data(), text.size() - 1);
  close(file);
  if (got <= 0) return {};
  char* end = nullptr;
  const long long ran = std::strtoll(text.data(), &end, 10);
  const long long waited = std::strtoll(end, nullptr, 10);
  return {Duration(ran), Duration(waited)};
}

LabThread::LabThread(Work& work, const char* name) : work_(work), name_(name) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  SWARM_ASSERT(epoll_ >= 0 && wake_ >= 0);
  watch(wake_, kWake, EPOLLIN);
}

LabThread::~LabThread() {
  stop();
  close(epoll_);
  close(wake_);
}

void LabThread::watch(int descriptor, std::uint64_t which, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.u64 = which}};
  const bool is_watched = epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0;
  SWARM_ASSERT(is_watched, descriptor);
}

void LabThread::start(std::int64_t origin) {
  SWARM_ASSERT(!thread_.joinable());
  origin_ = origin;
  // Signals are for the thread that knows what to do with them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void LabThread::stop() {
  if (!thread_.joinable()) return;
  call([this] { stops_.store(true); });
  thread_.join();
  run_calls();
}

void LabThread::call(const std::function<void()>& what) {
  if (!thread_.joinable()) return what();
  std::promise<void> done;
  {
    const std::lock_guard lock(calls_mutex_);
    calls_.push_back([&] {
      what();
      done.set_value();
    });
  }
  const std::uint64_t one = 1;
  const bool is_woken = write(wake_, &one, sizeof one) == sizeof one;
  SWARM_ASSERT(is_woken);
  done.get_future().wait();
}

void LabThread::run_calls() {
  std::deque<std::function<void()>> calls;
  {
    const std::lock_guard lock(calls_mutex_);
    calls.swap(calls_);
  }
  for (const auto& what : calls) what();
}

void LabThread::run() {
  prctl(PR_SET_NAME, name_);
  prctl(PR_SET_TIMERSLACK, 1UL);
  sched_param priority{};
  priority.sched_priority = sched_get_priority_min(SCHED_RR);
  has_priority_.store(sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &priority) == 0);
  std::array<epoll_event, 64> ready;
  while (!stops_.load()) {
    work_.run_due();
    Duration wait = 1s;
    if (const auto due = work_.next_due()) wait = std::clamp(*due - now(), Duration{0}, wait);
    const timespec timeout = to_timespec(wait);
    const int count = epoll_pwait2(epoll_, ready.data(), static_cast<int>(ready.size()), &timeout, nullptr);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = ready[static_cast<std::size_t>(i)];
      if (event.data.u64 == kWake) {
        std::uint64_t woken = 0;
        if (read(wake_, &woken, sizeof woken) == sizeof woken) run_calls();
      } else {
        work_.on_ready(event.data.u64, event.events);
        work_.run_due();
      }
    }
  }
}

}  // namespace swarmlab::swarmsim
