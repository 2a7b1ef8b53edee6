// until_decided(): real processes once more while the machine did not keep up, since it may have time now.
#pragma once

#include <fmt/format.h>

#include "swarmsim/run/run_result.hpp"

namespace swarmlab::swarmsim {

inline constexpr int kMostAttempts = 3;

// `run` gives a RunResult.  Calls it again where the machine did not keep up and that left something open: the run is invalid, or an
// accusation was taken back.  The last result, with a note where there were several.
template <class Run>
RunResult until_decided(Run&& run) {
  for (int attempt = 1;; ++attempt) {
    RunResult result = run();
    const bool is_open = !result.rough.empty() && (!result.invalid.empty() || result.took_back);
    if (is_open && attempt < kMostAttempts) continue;
    if (attempt > 1) result.notes.push_back(fmt::format("run {} times, as the machine did not keep up", attempt));
    return result;
  }
}

}  // namespace swarmlab::swarmsim
