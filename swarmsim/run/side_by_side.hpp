// side_by_side(): runs of a plan, several at once, and their results in the order of the plan.
#pragma once

#include <functional>
#include <vector>

#include "swarmsim/run/admission.hpp"
#include "swarmsim/run/run_result.hpp"

namespace swarmlab::swarmsim {

// `run(i)` for each of the runs that `admission` lets begin, on so many threads; with one, on the caller's, whose heap has the large
// pages.  `done` is called here, in the order of the plan, as soon as a run and all before it are over.
std::vector<RunResult> side_by_side(Admission admission, std::size_t threads, const std::function<RunResult(std::size_t)>& run,
                                    const std::function<void(RunResult&)>& done);

}  // namespace swarmlab::swarmsim
