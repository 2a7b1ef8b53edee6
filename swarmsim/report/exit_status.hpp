// What `swarmsim` tells its caller: a contract with scripts and CI.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "swarmsim/run/over_seeds.hpp"
#include "swarmsim/run/run_result.hpp"

namespace swarmlab::swarmsim {

enum class ExitStatus : int {
  held = 0,
  violated = 1,
  usage = 2,        // a wrong command line or an invalid file
  environment = 3,  // the machine could not run it, or a run is invalid
  vacuous = 4,
};

// Of several causes the one that matters most: usage, environment, violated, vacuous.
ExitStatus worse(ExitStatus a, ExitStatus b);
// `required`: checks whose "undecided" and "not applicable" count as violated.
ExitStatus status_of(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds,
                     std::span<const std::string> required);

}  // namespace swarmlab::swarmsim
