#include "swarmsim/report/exit_status.hpp"

#include <algorithm>
#include <array>

namespace swarmlab::swarmsim {

ExitStatus worse(ExitStatus a, ExitStatus b) {
  constexpr std::array kOrder{ExitStatus::held, ExitStatus::vacuous, ExitStatus::violated, ExitStatus::environment,
                              ExitStatus::usage};
  return std::ranges::find(kOrder, a) < std::ranges::find(kOrder, b) ? b : a;
}

ExitStatus status_of(std::span<const RunResult> runs, std::span<const std::string> required) {
  ExitStatus status = ExitStatus::held;
  for (const RunResult& run : runs) {
    switch (run.verdict()) {
      case RunVerdict::held: break;
      case RunVerdict::violated: status = worse(status, ExitStatus::violated); break;
      case RunVerdict::vacuous: status = worse(status, ExitStatus::vacuous); break;
      case RunVerdict::invalid: status = worse(status, ExitStatus::environment); break;
    }
    for (const CheckResult& check : run.checks) {
      const Verdict verdict = check.judgement.verdict;
      if ((verdict == Verdict::undecided || verdict == Verdict::not_applicable) &&
          std::ranges::find(required, check.manual->name) != required.end())
        status = worse(status, ExitStatus::violated);
    }
  }
  return status;
}

}  // namespace swarmlab::swarmsim
