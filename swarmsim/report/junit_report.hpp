// The report that CI systems read: JUnit XML, one suite per run, one case per check; and one
// suite per scenario with expectations over seeds.
//
// Each suite has the seed, the fingerprint and the command that shows it again as properties, each case the file and the
// line where its check stands.  Violated is a failure with its story; vacuous, undecided and not applicable are skipped with
// their reason, except that a vacuous run's are failures, as its exit status says; an invalid run is an error.  A known
// violation is skipped with its reason; what is wrong with the list of known failures is a suite of its own.
#pragma once

#include <span>
#include <string>

#include "swarmsim/run/over_seeds.hpp"
#include "swarmsim/run/run_result.hpp"

namespace swarmlab::swarmsim {

// `complaints`: of KnownFailures.
std::string junit_report(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds,
                         std::span<const std::string> complaints = {});

}  // namespace swarmlab::swarmsim
