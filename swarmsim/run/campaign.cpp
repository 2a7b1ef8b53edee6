#include "swarmsim/run/campaign.hpp"

#include <chrono>
#include <fstream>

#include "swarmsim/run/side_by_side.hpp"
#include "swarmsim/run/sim_run.hpp"

namespace swarmlab::swarmsim {
namespace {

// A file that a run writes; nothing where `path` is "".
class Output {
 public:
  explicit Output(const std::string& path) : path_(path) {
    if (!path_.empty()) file_.open(path_, std::ios::binary);
  }
  std::ostream* stream() { return file_.is_open() ? &file_ : nullptr; }
  // True when all of it is in the file.
  bool finish() { return path_.empty() || (file_.is_open() && file_.flush()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::ofstream file_;
};

RunResult run_one(const PlannedRun& planned, const CampaignOptions& options) {
  Output log(planned.log_path);
  Output trace(planned.trace_path);
  Output pcap(planned.pcap_path);
  const auto begin = std::chrono::steady_clock::now();
  RunResult result = run_in_virtual_time(*planned.scenario, {.seed = planned.seed, .until = options.until,
                                                             .log = log.stream(), .trace = trace.stream(), .pcap = pcap.stream(),
                                                             .file = planned.file});
  result.wall_time = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin);
  result.file = planned.file;
  result.again = planned.again;
  result.trace = planned.trace_path;
  result.pcap = planned.pcap_path;
  if (!log.finish() && result.invalid.empty()) result.notes.push_back("the log could not be written: " + log.path());
  // Whoever asked for these needs them whole.
  for (Output* output : {&trace, &pcap})
    if (!output->finish() && result.invalid.empty()) result.invalid = output->path() + " could not be written";
  return result;
}

}  // namespace

std::vector<RunResult> run_campaign(const std::vector<PlannedRun>& plan, const CampaignOptions& options,
                                    const std::function<void(RunResult&)>& done) {
  return side_by_side(Admission(std::vector<BytesPerSecond>(plan.size()), {}), options.jobs,
                      [&](std::size_t which) { return run_one(plan[which], options); }, done);
}

}  // namespace swarmlab::swarmsim
