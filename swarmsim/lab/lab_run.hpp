// One run with real processes: scenario + client -> result.
//
// Every peer is a process in a network namespace of its own, or at an address of its own on loopback; the router or the relay between
// them is the emulated network, and the only witness: what it saw enter and saw delivered becomes the events that checks judge.
// Real time; two runs of one seed are alike, not the same.
//
// With namespaces it must be called in the sandbox (sandbox.hpp), else under a keeper (keeper.hpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "swarmsim/lab/adapter.hpp"
#include "swarmsim/lab/client_times.hpp"
#include "swarmsim/lab/lab_cast.hpp"
#include "swarmsim/lab/lab_network_kind.hpp"
#include "swarmsim/run/run_result.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

struct LabOptions {
  std::uint64_t seed = 1;
  const Adapter* client = nullptr;                // plays the subjects; null: ours
  const Adapter* tracker = nullptr;               // plays the trackers; null: ours
  LabPrograms programs;
  LabNetworkKind network = LabNetworkKind::namespaces;
  std::filesystem::path folder;                   // made if it is not there: what every process prints
  std::optional<Duration> until = std::nullopt;
  std::ostream* log = nullptr;                    // what happened to whom
  std::ostream* trace = nullptr;
  std::ostream* pcap = nullptr;
  EventSink* also = nullptr;                      // is given every event, too
  std::vector<ClientTimes>* times = nullptr;      // gets those of all peers, by HostId
  std::string file = {};                          // where the scenario stood, for the trace
};

// `invalid` is set where the network or the machine was not what the scenario asks for, or a program could not be started.
RunResult run_in_lab(const Scenario& scenario, const LabOptions& options);

}  // namespace swarmlab::swarmsim
