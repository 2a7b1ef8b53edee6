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
  not_judged = 125,  // with --bisect alone: this version says nothing about what is looked for
};

// Of several causes the one that matters most: usage, environment, violated, vacuous.
ExitStatus worse(ExitStatus a, ExitStatus b);
// `required`: checks whose "undecided" and "not applicable" count as violated.
ExitStatus status_of(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds,
                     std::span<const std::string> required);

// The same for `git bisect run`, which reads 0 as good, 1 as bad and 125 as "cannot be tested": held, violated, and not_judged
// for all else.  One violation is enough for bad, whatever else went wrong; that a required check came to no verdict is none.
ExitStatus status_for_bisect(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds,
                             std::span<const std::string> required);

}  // namespace swarmlab::swarmsim
