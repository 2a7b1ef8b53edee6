// BlockingCompletions: the loop of a program that has nothing else to do than wait for results.
#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "runtime/hashing/completions.hpp"

namespace swarmlab::runtime {

class BlockingCompletions final : public Completions {
 public:
  void post(std::function<void()> deliver) override;
  // Runs what has been posted on the calling thread, waiting for something where there is nothing.
  void wait();

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace swarmlab::runtime
