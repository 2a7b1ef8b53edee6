// Campaign: scenarios × seeds, run one after another or several at once.
//
// Each run is a world of its own on one thread; nothing is shared, so the results do not depend on how many
// run together.  They come back in the order of the plan.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "swarmsim/run/run_result.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

struct PlannedRun {
  std::string file;
  std::shared_ptr<const Scenario> scenario;
  std::uint64_t seed = 1;
  std::string again;       // the command that repeats it
  std::string log_path;    // where clients' words go; "" for nowhere
  std::string trace_path = {};   // where every event goes
  std::string pcap_path = {};    // and every packet
};

struct CampaignOptions {
  unsigned jobs = 1;
  std::optional<Duration> until = std::nullopt;
};

// `done` is called for each run, in the order of the plan, as soon as it and all before it are over; it may mark what is
// known of it.
std::vector<RunResult> run_campaign(const std::vector<PlannedRun>& plan, const CampaignOptions& options,
                                    const std::function<void(RunResult&)>& done);

}  // namespace swarmlab::swarmsim
