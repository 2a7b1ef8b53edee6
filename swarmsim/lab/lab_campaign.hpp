// Lab campaign: scenarios x seeds with real processes, and repeated where one is violated.
//
// In namespaces several go side by side, each on a thread with mounts and a network of its own, as long as the processors can carry
// the links of all (run/admission.hpp).  Relays have the addresses of one loopback: there they go one after another.
//
// Real time is never the same twice, so one violated run is a suspicion: two more follow.  What is violated in all three is
// confirmed and stays; what is not becomes undecided, "unstable, 1 of 3", with what the first run saw.  Each of
// them is run again while the machine does not keep up and that leaves something open (until_decided.hpp).
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "swarmsim/lab/adapter.hpp"
#include "swarmsim/lab/lab_cast.hpp"
#include "swarmsim/lab/lab_network_kind.hpp"
#include "swarmsim/run/campaign.hpp"

namespace swarmlab::swarmsim {

struct LabCampaignOptions {
  std::optional<Adapter> client;          // plays the subjects; nullopt: ours
  std::optional<Adapter> tracker;         // plays the trackers; nullopt: ours
  LabPrograms programs;
  LabNetworkKind network = LabNetworkKind::namespaces;
  std::optional<Duration> until = std::nullopt;
  unsigned jobs = 1;                      // at once, at most
};

// As run_campaign.  What the processes of a run print is in a folder beside its log, `*.lab`; of repeats in `*.lab2`, `*.lab3`.
std::vector<RunResult> run_lab_campaign(const std::vector<PlannedRun>& plan, const LabCampaignOptions& options,
                                        const std::function<void(RunResult&)>& done);

// `first` was violated; turns each violation into a confirmed or an unstable one by what the others came to.
void confirm_violations(RunResult& first, const std::vector<RunResult>& others);

}  // namespace swarmlab::swarmsim
