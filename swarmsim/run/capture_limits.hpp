// What of the verdicts over a capture is taken back, because a capture cannot show it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "swarmsim/capture/streams_report.hpp"
#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/checks/verdict.hpp"
#include "swarmsim/run/run_result.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

inline constexpr Duration kMoment = 10ms;

struct CaptureLimits {
  const RunFacts& facts;
  const StreamsReport& streams;
  bool knows_content = true;
  bool knows_disks = false;             // of lab runs: packets are all that is seen of a capture's peers
  std::uint64_t doubtful_turns = 0;     // Chokes and Unchokes of which nobody knows to kMoment when they were decided
  std::vector<bool> met_false_blocks;   // by peer: it may have kept true ones of a piece that failed
};

// Replaces the verdict by undecided where the capture cannot bear it.
void restrict_to_capture(const CheckSpec& check, const CaptureLimits& limits, Judgement& judgement);

// Leaves the checks that look at nothing that peers say to each other, but at what passes between them and trackers, and at disks.
void restrict_to_trackers_and_disks(RunResult& result);

// As restrict_to_capture() for all checks of a lab run, `checks` beside its results in their order.  Of an invalid one nothing counts;
// of a rough one no accusation into which the clock enters; it is taken back.
void restrict_lab_run(std::span<const CheckSpec* const> checks, const CaptureLimits& limits, RunResult& result);

// "leech[0]: 3 encrypted streams, 1 begun before the capture"; one line per peer that has any.
std::vector<std::string> unread_notes(const CaptureLimits& limits);

}  // namespace swarmlab::swarmsim
