#include "swarmsim/lab/lab_campaign.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "swarmsim/lab/lab_run.hpp"
#include "swarmsim/lab/until_decided.hpp"
#include "swarmsim/run/side_by_side.hpp"
#include "swarmsim/scenario/link_rates.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kRuns = 3;   // of a scenario that is violated
// What is carried in time beside the clients that compute (docs/lab.md, "How true the network is").
constexpr BytesPerSecond kLinksOfAProcessor{150'000'000 / 8};

RunResult run_once(const PlannedRun& planned, const LabCampaignOptions& options, std::size_t number) {
  const std::string suffix = number == 1 ? "" : fmt::format("{}", number);
  std::ofstream log(planned.log_path + suffix, std::ios::binary);
  std::ofstream trace;
  if (!planned.trace_path.empty()) trace.open(planned.trace_path + suffix, std::ios::binary);
  std::ofstream pcap;
  const bool wants_packets = !planned.pcap_path.empty();
  const bool has_packets = wants_packets && options.network == LabNetworkKind::namespaces;
  if (has_packets) pcap.open(planned.pcap_path + suffix, std::ios::binary);
  LabOptions lab{.seed = planned.seed, .client = options.client ? &*options.client : nullptr,
                 .tracker = options.tracker ? &*options.tracker : nullptr, .programs = options.programs,
                 .network = options.network,
                 .folder = std::filesystem::path(planned.log_path).replace_extension(".lab" + suffix), .until = options.until, .log = &log,
                 .trace = trace.is_open() ? &trace : nullptr, .pcap = pcap.is_open() ? &pcap : nullptr, .file = planned.file};
  const auto begin = std::chrono::steady_clock::now();
  RunResult result = run_in_lab(*planned.scenario, lab);
  result.wall_time = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin);
  result.mode = "lab";
  result.network = to_string(options.network);
  result.client = options.client ? options.client->client : "";
  result.file = planned.file;
  result.again = planned.again;
  result.trace = planned.trace_path;
  if (has_packets) result.pcap = planned.pcap_path;
  else if (wants_packets) result.notes.emplace_back("no packets are written: on loopback there are none that captures could be judged by");
  return result;
}

const Judgement* judgement_of(const RunResult& run, const CheckResult& check) {
  const auto found = std::ranges::find_if(run.checks, [&](const CheckResult& other) {
    return other.manual == check.manual && other.who == check.who && other.line == check.line;
  });
  return found == run.checks.end() ? nullptr : &found->judgement;
}

RunResult run_confirmed(const PlannedRun& planned, const LabCampaignOptions& options) {
  const auto run = [&](std::size_t number) { return until_decided([&] { return run_once(planned, options, number); }); };
  RunResult result = run(1);
  if (result.verdict() == RunVerdict::violated && result.faults.empty()) {
    std::vector<RunResult> others;
    for (std::size_t number = 2; number <= kRuns; ++number) others.push_back(run(number));
    confirm_violations(result, others);
  }
  return result;
}

// The same on a thread of its own, beside others.
RunResult run_by_itself(const PlannedRun& planned, const LabCampaignOptions& options) {
  if (unshare(CLONE_NEWNS | CLONE_NEWNET) == 0) return run_confirmed(planned, options);
  RunResult result;
  result.scenario = planned.scenario->title;
  result.file = planned.file;
  result.seed = planned.seed;
  result.again = planned.again;
  result.mode = "lab";
  result.invalid = fmt::format("it cannot have mounts and a network of its own: {}", std::strerror(errno));
  return result;
}

// A byte goes by an uplink and by a downlink.
BytesPerSecond busy_at_once(const Scenario& scenario, BytesPerSecond most) {
  return std::min(sum_of_uplinks(scenario, most), sum_of_downlinks(scenario, most));
}

}  // namespace

void confirm_violations(RunResult& first, const std::vector<RunResult>& others) {
  for (CheckResult& check : first.checks) {
    if (check.judgement.verdict != Verdict::violated) continue;
    std::size_t judged = 1;
    std::size_t violated = 1;
    for (const RunResult& other : others) {
      const Judgement* judgement = other.invalid.empty() ? judgement_of(other, check) : nullptr;
      if (judgement == nullptr || judgement->verdict == Verdict::undecided) continue;
      ++judged;
      violated += judgement->verdict == Verdict::violated ? 1 : 0;
    }
    const bool is_confirmed = judged > 1 && violated == judged;
    check.judgement.summary += fmt::format(" ({} of {}{})", violated, judged, is_confirmed ? "" : ", unstable");
    if (!is_confirmed) check.judgement.verdict = Verdict::undecided;
  }
}

std::vector<RunResult> run_lab_campaign(const std::vector<PlannedRun>& plan, const LabCampaignOptions& options,
                                        const std::function<void(RunResult&)>& done) {
  const std::size_t at_once = options.network == LabNetworkKind::namespaces ? std::min<std::size_t>(options.jobs, plan.size()) : 1;
  const auto run = at_once > 1 ? run_by_itself : run_confirmed;
  const BytesPerSecond room(kLinksOfAProcessor.value() * std::max(1u, std::thread::hardware_concurrency()));
  std::vector<BytesPerSecond> rates;
  for (const PlannedRun& planned : plan) rates.push_back(busy_at_once(*planned.scenario, room));
  return side_by_side(Admission(std::move(rates), room), at_once, [&](std::size_t which) { return run(plan[which], options); }, done);
}

}  // namespace swarmlab::swarmsim
