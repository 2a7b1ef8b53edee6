// side_by_side(): runs of a plan on several threads, and their results in the order of the plan.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "swarmsim/run/admission.hpp"
#include "swarmsim/run/run_result.hpp"

namespace swarmlab::swarmsim {

// `run(i)` on one of `threads`, when `admission` lets it begin.  `done` is called here, in the order of the plan, as soon as a run
// and all before it are over.
inline std::vector<RunResult> side_by_side(std::size_t runs, Admission admission, std::size_t threads,
                                           const std::function<RunResult(std::size_t)>& run,
                                           const std::function<void(RunResult&)>& done) {
  std::mutex mutex;
  std::condition_variable has_changed;
  std::vector<std::optional<RunResult>> slots(runs);
  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (!admission.is_done()) {
      const std::optional<std::size_t> mine = admission.next();
      if (!mine) {
        has_changed.wait(lock);
        continue;
      }
      lock.unlock();
      RunResult result = run(*mine);
      lock.lock();
      admission.ended(*mine);
      slots[*mine] = std::move(result);
      has_changed.notify_all();
    }
  };
  std::vector<std::jthread> workers;
  for (std::size_t i = 0; i < std::min(threads, runs); ++i) workers.emplace_back(work);

  std::vector<RunResult> results;
  for (std::optional<RunResult>& slot : slots) {
    {
      std::unique_lock lock(mutex);
      has_changed.wait(lock, [&] { return slot.has_value(); });
    }
    results.push_back(std::move(*slot));
    done(results.back());
  }
  return results;
}

}  // namespace swarmlab::swarmsim
