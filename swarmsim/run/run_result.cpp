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
  bool any_held = false;
  bool any_vacuous = false;
  for (const CheckResult& check : checks) {
    const bool counts = check.manual->maturity == CheckMaturity::stable;
    if (check.judgement.verdict == Verdict::violated && counts) return RunVerdict::violated;
    any_held = any_held || check.judgement.verdict == Verdict::held;
    any_vacuous = any_vacuous || (check.judgement.verdict == Verdict::vacuous && counts);
  }
  return any_held && !any_vacuous ? RunVerdict::held : RunVerdict::vacuous;
}

}  // namespace swarmlab::swarmsim
