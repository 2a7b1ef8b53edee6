// The report that programs read: one JSON document, a contract.
//
//   {"runs": [{"scenario", "file", "seed", "mode", "fingerprint", "virtual_s", "wall_s", "verdict",
//              "checks": [{"check", "who", "verdict", "measured", "limit", "story": [..], "again", "line"}]}],
//    "over_seeds": [{"scenario", "file", "first_seed", "last_seed", "checks": [..]}], "exit"}
//
// "seeds", where a scenario ran over several: [{"scenario", "file", "runs", "violated", "first_violated", "numbers": [{"of",
// "unit", "min", "median", "p95", "max"}]}] (report/seed_summary.hpp); times in seconds, sizes in bytes, null for never.
//
// `story` begins with the sentence that sums it up; a held check has none.  "trace", "pcap", "notes" and "invalid" of a run and
// "error" and "over_seeds" of the document appear only where there is something to say, as do "known" of a check (why its
// violation is excused) and "known" of the document (what is wrong with the list of known failures).
#pragma once

#include <span>
#include <string>

#include "swarmsim/report/exit_status.hpp"
#include "swarmsim/report/seed_summary.hpp"
#include "swarmsim/run/over_seeds.hpp"
#include "swarmsim/run/run_result.hpp"

namespace swarmlab::swarmsim {

// `complaints`: of KnownFailures.
std::string json_report(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds, ExitStatus status,
                        std::span<const std::string> complaints = {}, std::span<const SeedSummary> seeds = {});
// Of an invocation that came to no run: the same document with {"error": ..}.
std::string json_refusal(const std::string& error, ExitStatus status);

}  // namespace swarmlab::swarmsim
