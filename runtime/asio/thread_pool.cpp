#include "runtime/asio/thread_pool.hpp"

#include <csignal>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::runtime {

ThreadPool::ThreadPool(EventLoop& loop, Options options)
    : loop_(loop), options_(options), self_(std::make_shared<ThreadPool*>(this)) {
  SWARM_ASSERT(options.threads > 0 && options.queue_bound > 0, options.threads, options.queue_bound);
  // Signals belong to the loop's thread.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (std::size_t i = 0; i < options.threads; ++i) {
    threads_.emplace_back([this, i] { work(i); });
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::stop() {
  {
    const std::scoped_lock lock(mutex_);
    ends_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  *self_ = nullptr;
}

void ThreadPool::submit(std::unique_ptr<Job> job) {
  waiting_.push_back(std::move(job));
  hand_over();
}

void ThreadPool::hand_over() {
  if (waiting_.empty() || handed_over_ >= options_.queue_bound) return;
  std::size_t moved = 0;
  {
    const std::scoped_lock lock(mutex_);
    for (; !waiting_.empty() && handed_over_ < options_.queue_bound; ++handed_over_, ++moved) {
      queue_.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
  }
  for (std::size_t i = 0; i < moved; ++i) wake_.notify_one();
}

void ThreadPool::work(std::size_t worker) {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return ends_ || !queue_.empty(); });
    if (ends_) return;
    std::unique_ptr<Job> job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job->work(worker);
    lock.lock();
    finished_.push_back(std::move(job));
    if (finished_.size() > 1) continue;  // whoever put the first has called the loop
    loop_.post([self = self_] {
      if (*self != nullptr) (*self)->deliver();
    });
  }
}

void ThreadPool::deliver() {
  {
    const std::scoped_lock lock(mutex_);
    delivering_.swap(finished_);
  }
  SWARM_ASSERT(delivering_.size() <= handed_over_, delivering_.size(), handed_over_);
  handed_over_ -= delivering_.size();
  hand_over();
  for (std::unique_ptr<Job>& job : delivering_) job->done();
  delivering_.clear();
}

}  // namespace swarmlab::runtime
