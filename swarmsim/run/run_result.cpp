#include "swarmsim/run/run_result.hpp"

namespace swarmlab::swarmsim {

std::string_view to_string(RunVerdict verdict) {
  switch (verdict) {
    case RunVerdict::held: return "held";
    case RunVerdict::violated: return "violated";
    case RunVerdict::vacuous: return "vacuous";
    case RunVerdict::invalid: return "invalid";
  }
  return "";
}

RunVerdict RunResult::verdict() const {
  if (!invalid.empty()) return RunVerdict::invalid;
  if (!faults.empty()) return RunVerdict::violated;
  bool any_judged = false;
  bool any_vacuous = false;
  for (const CheckResult& check : checks) {
    const bool counts = check.manual->maturity == CheckMaturity::stable;
    const Verdict verdict = check.judgement.verdict;
    if (verdict == Verdict::violated && counts && check.known.empty()) return RunVerdict::violated;
    any_judged = any_judged || verdict == Verdict::held || verdict == Verdict::violated;
    any_vacuous = any_vacuous || (verdict == Verdict::vacuous && counts);
  }
  return any_judged && !any_vacuous ? RunVerdict::held : RunVerdict::vacuous;
}

}  // namespace swarmlab::swarmsim
