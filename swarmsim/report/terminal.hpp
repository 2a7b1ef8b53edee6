// The report that people read: each check with what was measured beside its limit, stories of what went wrong,
// and the verdict last.
#pragma once

#include <span>
#include <string>

#include "swarmsim/report/exit_status.hpp"
#include "swarmsim/run/over_seeds.hpp"
#include "swarmsim/run/run_result.hpp"

namespace swarmlab::swarmsim {

enum class Colours { off, on };

// One run; ends in a newline.
std::string describe_run(const RunResult& run, Colours colours);
// What several runs come to together; ends in a newline.
std::string describe_over_seeds(const OverSeedsResult& result, Colours colours);
// All of them, after the last: counts, what is wrong with the list of known failures, and the verdict.
std::string describe_end(std::span<const RunResult> runs, ExitStatus status, Colours colours,
                         std::span<const std::string> complaints = {});

}  // namespace swarmlab::swarmsim
