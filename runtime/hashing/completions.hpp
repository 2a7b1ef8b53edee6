// Completions: how results of worker threads get back to the thread that asked.
#pragma once

#include <functional>

namespace swarmlab::runtime {

class Completions {
 public:
  // Called from any thread; `deliver` is to run soon on the owner's thread, never inside this call.
  virtual void post(std::function<void()> deliver) = 0;

 protected:
  ~Completions() = default;
};

}  // namespace swarmlab::runtime
