// ThreadPool: blocking work of the loop's owner, done by a few threads.
//
//   loop thread                        workers
//   submit(job) -> waiting -> [ bounded queue ] -> job->work()
//   job->done() <- one post per batch <- finished
//
// Jobs start in the order in which they were submitted.  The queue the workers draw from is bounded;
// what exceeds it waits on the loop's side, where backlog() shows it: whoever submits without limit sees his
// own backlog grow, and stops at a bound of his own.  done() runs on the loop's thread.  stop() finishes
// the jobs being worked on and drops the others; no done() comes any more.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/asio/event_loop.hpp"

namespace swarmlab::runtime {

class Job {
 public:
  virtual ~Job() = default;
  virtual void work(std::size_t worker) = 0;   // on a worker, 0 .. threads - 1
  virtual void done() = 0;                     // on the loop's thread; may submit further jobs
};

class ThreadPool {
 public:
  struct Options {
    std::size_t threads = 4;
    std::size_t queue_bound = 64;
  };
  ThreadPool(EventLoop& loop, Options options);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  std::size_t threads() const { return options_.threads; }
  void submit(std::unique_ptr<Job> job);
  // Submitted and not yet done().
  std::size_t backlog() const { return waiting_.size() + handed_over_; }
  // Blocks until the workers are gone; whatever jobs refer to may go after it.
  void stop();

 private:
  void work(std::size_t worker);
  void hand_over();
  void deliver();

  EventLoop& loop_;
  const Options options_;
  std::deque<std::unique_ptr<Job>> waiting_;
  std::size_t handed_over_ = 0;      // to the workers, not done(); at most queue_bound
  std::vector<std::unique_ptr<Job>> delivering_;
  // Outlives the pool in functions posted to the loop that have not run yet.
  std::shared_ptr<ThreadPool*> self_;

  std::mutex mutex_;                 // guards what follows
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Job>> queue_;
  std::vector<std::unique_ptr<Job>> finished_;
  bool ends_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace swarmlab::runtime
