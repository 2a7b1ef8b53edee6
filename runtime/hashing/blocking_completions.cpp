#include "runtime/hashing/blocking_completions.hpp"

#include <utility>

namespace swarmlab::runtime {

void BlockingCompletions::post(std::function<void()> deliver) {
  {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(std::move(deliver));
  }
  posted_.notify_one();
}

void BlockingCompletions::wait() {
  std::vector<std::function<void()>> ready;
  {
    std::unique_lock lock(mutex_);
    posted_.wait(lock, [this] { return !waiting_.empty(); });
    ready.swap(waiting_);
  }
  for (const std::function<void()>& deliver : ready) deliver();
}

}  // namespace swarmlab::runtime
