#include "swarmsim/run/side_by_side.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace swarmlab::swarmsim {

std::vector<RunResult> side_by_side(Admission admission, std::size_t threads, const std::function<RunResult(std::size_t)>& run,
                                    const std::function<void(RunResult&)>& done) {
  const std::size_t runs = admission.runs();
  std::vector<RunResult> results;
  if (std::min(threads, runs) <= 1) {
    for (std::size_t i = 0; i < runs; ++i) {
      results.push_back(run(i));
      done(results.back());
    }
    return results;
  }

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
