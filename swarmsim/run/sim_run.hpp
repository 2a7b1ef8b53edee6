// One run in virtual time: scenario + seed -> result.
//
// Builds the world, the torrent, the tracker and one client per peer, lets the timeline happen, and ends when
// nothing is left to judge or the limit is reached.  Deterministic: equal arguments give equal results, on
// every machine.  Runs share nothing, so several may go on at once on threads of their own.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "swarmsim/run/run_result.hpp"
#include "swarmsim/scenario/scenario.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

struct SimOptions {
  std::uint64_t seed = 1;
  std::optional<Duration> until = std::nullopt;   // ends the run here; what is open then is undecided
  std::ostream* log = nullptr;      // what clients say
  std::ostream* trace = nullptr;    // every event (docs/trace_format.md)
  std::ostream* pcap = nullptr;     // every packet, as pcapng
  EventSink* also = nullptr;        // is given every event, too
  std::string file = {};            // where the scenario stood, for the trace
};

// Gives scenario, seed, fingerprint, times, checks and notes; file, wall time and `again` are the caller's.
RunResult run_in_virtual_time(const Scenario& scenario, const SimOptions& options);

}  // namespace swarmlab::swarmsim
