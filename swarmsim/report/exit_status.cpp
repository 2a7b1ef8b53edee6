#include "swarmsim/report/exit_status.hpp"

#include <algorithm>
#include <array>

namespace swarmlab::swarmsim {

ExitStatus worse(ExitStatus a, ExitStatus b) {
  constexpr std::array kOrder{ExitStatus::held, ExitStatus::vacuous, ExitStatus::violated, ExitStatus::environment,
                              ExitStatus::usage, ExitStatus::not_judged};
  return std::ranges::find(kOrder, a) < std::ranges::find(kOrder, b) ? b : a;
}

namespace {

bool fails_as_required(const CheckResult& check, std::span<const std::string> required) {
  const Verdict verdict = check.judgement.verdict;
  return (verdict == Verdict::undecided || verdict == Verdict::not_applicable) &&
         std::ranges::find(required, check.manual->name) != required.end();
}

}  // namespace

ExitStatus status_of(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds,
                     std::span<const std::string> required) {
  ExitStatus status = ExitStatus::held;
  for (const RunResult& run : runs) {
    switch (run.verdict()) {
      case RunVerdict::held: break;
      case RunVerdict::violated: status = worse(status, ExitStatus::violated); break;
      case RunVerdict::vacuous: status = worse(status, ExitStatus::vacuous); break;
      case RunVerdict::invalid: status = worse(status, ExitStatus::environment); break;
    }
    for (const CheckResult& check : run.checks)
      if (fails_as_required(check, required)) status = worse(status, ExitStatus::violated);
  }
  for (const OverSeedsResult& result : over_seeds) {
    for (const CheckResult& check : result.checks) {
      const bool is_news = check.judgement.verdict == Verdict::violated && check.known.empty();
      if (is_news || fails_as_required(check, required)) status = worse(status, ExitStatus::violated);
      if (check.judgement.verdict == Verdict::vacuous) status = worse(status, ExitStatus::vacuous);
    }
  }
  return status;
}

ExitStatus status_for_bisect(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds,
                             std::span<const std::string> required) {
  const auto is_news = [](const CheckResult& check) { return check.judgement.verdict == Verdict::violated && check.known.empty(); };
  const bool is_bad =
      std::ranges::any_of(runs, [](const RunResult& run) { return run.verdict() == RunVerdict::violated; }) ||
      std::ranges::any_of(over_seeds, [&](const OverSeedsResult& result) { return std::ranges::any_of(result.checks, is_news); });
  if (is_bad) return ExitStatus::violated;
  return status_of(runs, over_seeds, required) == ExitStatus::held ? ExitStatus::held : ExitStatus::not_judged;
}

}  // namespace swarmlab::swarmsim
