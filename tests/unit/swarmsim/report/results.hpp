// Results to report on.
#pragma once

#include "swarmsim/checks/catalogue.hpp"
#include "swarmsim/run/over_seeds.hpp"
#include "swarmsim/run/run_result.hpp"

namespace swarmlab::swarmsim {

inline CheckResult a_check(Verdict verdict, std::string_view name = "bans") {
  CheckResult check;
  check.manual = find_check_manual(name);
  check.who = "leech";
  check.judgement = {verdict, "3 proofs", "2 min", verdict == Verdict::held ? "" : "leech[2] still <talks> to liar", {}};
  if (verdict == Verdict::violated) check.judgement.story = {"00:41.220  piece 17 is whole"};
  return check;
}

inline RunResult a_run(std::vector<CheckResult> checks) {
  RunResult run;
  run.scenario = "A story";
  run.file = "s.yaml";
  run.seed = 7;
  run.fingerprint = 0xabc;
  run.virtual_time = 90s;
  run.wall_time = 250ms;
  run.checks = std::move(checks);
  run.again = "swarmsim run s.yaml --seed 7";
  return run;
}

inline OverSeedsResult over_seeds(std::vector<CheckResult> checks) {
  return {"A story", "s.yaml", {1, 20}, std::move(checks), "swarmsim run s.yaml --seeds 1..20"};
}

}  // namespace swarmlab::swarmsim
