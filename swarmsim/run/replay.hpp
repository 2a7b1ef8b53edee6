// Replay: a stored trace -> the verdicts that its run came to.
//
// The checks get the events of the trace and, as declared by the scenario inside it, the same facts; for disks they
// get what the trace's last line says.  Nothing is simulated, so an old trace can be judged by newer checks.
#pragma once

#include <expected>
#include <span>
#include <string>

#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/run/run_result.hpp"
#include "swarmsim/scenario/scenario.hpp"
#include "swarmsim/wire/trace_format.hpp"
#include "swarmsim/wire/trace_reader.hpp"

namespace swarmlab::swarmsim {

// What checks are told of a client that is not ours: all of `peer` but what it leaves undeclared.
TraceDeclarations declarations_of(const PeerFacts& peer);

// The first line of a trace.  `addresses` by HostId, the trackers' after the peers'.
TraceHeader header_of_trace(const Scenario& scenario, const std::string& file, std::uint64_t seed, const RunFacts& facts,
                            std::span<const IpAddress> addresses, const InfoHashV1& info_hash);
// What the last line of a trace says of a run; its time, disks and whether it was cut short are the caller's.
TraceEnd end_of_trace(const RunResult& result);

// Judges by those checks of the scenario that `only` names, by all where it is empty.  Reads `trace` to its end.
// Where a verdict differs from the one that the trace has written down, a note says so.  Wall time and `again` are the
// caller's.  An error is of the file: unreadable, or not what its own scenario declares.
std::expected<RunResult, std::string> judge_trace(TraceReader& trace, std::span<const std::string> only);

}  // namespace swarmlab::swarmsim
