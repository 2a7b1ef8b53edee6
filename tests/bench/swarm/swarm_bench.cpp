// Whole swarms: blocks per second, what checks and size cost, and memory per connection end.
//
//   swarm_bench speed two_hundred_leechers.yaml [--set KEY=VALUE]...
//   swarm_bench scale every_check.yaml [--set KEY=VALUE]...
//   swarm_bench memory idle_connections.yaml [--set KEY=VALUE]...
//
// `scale` runs the scenario with 50, 200 and 1,000 leechers, each with all of its checks and with `completes` alone
// (which ends a run), and sets cost per block beside that of 50, and of the run without checks.
// `memory` runs the scenario twice in processes of their own, as it is and with one connection per peer, and
// divides the difference of their peaks by the connection ends that make the difference.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "swarmsim/huge_heap.hpp"
#include "swarmsim/run/sim_run.hpp"
#include "swarmsim/scenario_files.hpp"

namespace {

using namespace swarmlab;
using namespace swarmlab::swarmsim;

struct Sample {
  double cpu_seconds = 0;
  double peak_bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t messages = 0;
  std::uint64_t open_connections = 0;
};

Sample measure(const Scenario& scenario) {
  const RunResult result = run_in_virtual_time(scenario, {.seed = 1});
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  Sample sample;
  sample.cpu_seconds = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  sample.peak_bytes = static_cast<double>(usage.ru_maxrss) * 1024;
  sample.blocks = result.blocks;
  sample.messages = result.messages;
  sample.open_connections = result.open_connections;
  return sample;
}

enum class Checks { all, completes_only };

// In a process of its own, since a peak never sinks again.
Sample measure_apart(const std::string& file, const std::vector<Override>& overrides, Checks checks = Checks::all) {
  int ends[2];
  if (pipe(ends) != 0) std::exit(3);
  const pid_t child = fork();
  if (child == 0) {
    const auto scenario = load_scenario(file, overrides);
    if (!scenario) {
      std::fprintf(stderr, "%s\n", scenario.error().c_str());
      _exit(2);
    }
    Scenario measured = **scenario;
    if (checks == Checks::completes_only)
      std::erase_if(measured.checks, [](const CheckSpec& spec) { return spec.manual->name != "completes"; });
    const Sample sample = measure(measured);
    _exit(write(ends[1], &sample, sizeof sample) == static_cast<ssize_t>(sizeof sample) ? 0 : 3);
  }
  close(ends[1]);
  Sample sample;
  const bool is_whole = read(ends[0], &sample, sizeof sample) == static_cast<ssize_t>(sizeof sample);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!is_whole) std::exit(2);
  return sample;
}

double per_second(std::uint64_t count, const Sample& sample) { return static_cast<double>(count) / sample.cpu_seconds; }

void scale(const std::string& file, const std::vector<Override>& overrides) {
  std::printf("leechers     blocks  blocks/s judged  unjudged  checks cost  cost per block (50 = 1)\n");
  double smallest = 0;
  for (const int leechers : {50, 200, 1000}) {
    std::vector<Override> set = overrides;
    set.push_back({"peers.leech.count", std::to_string(leechers)});
    const Sample judged = measure_apart(file, set);
    const Sample bare = measure_apart(file, set, Checks::completes_only);
    const double with = per_second(judged.blocks, judged);
    const double without = per_second(bare.blocks, bare);
    if (smallest == 0) smallest = with;
    std::printf("%8d %10llu %16.0f %9.0f %10.0f %% %24.2f\n", leechers, static_cast<unsigned long long>(judged.blocks), with,
                without, 100 * (without / with - 1), smallest / with);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  back_heap_with_huge_pages();
  const std::string mode = argc > 2 ? argv[1] : "";
  std::vector<Override> overrides;
  for (int i = 3; i + 1 < argc; i += 2) {
    const std::string text = argv[i + 1];
    overrides.push_back({text.substr(0, text.find('=')), text.substr(text.find('=') + 1)});
  }
  if (mode == "speed") {
    const Sample sample = measure_apart(argv[2], overrides);
    std::printf("%llu blocks, %llu messages in %.2f CPU s: %.0f blocks/s, %.0f messages/s; peak %.0f MiB\n",
                static_cast<unsigned long long>(sample.blocks), static_cast<unsigned long long>(sample.messages),
                sample.cpu_seconds, per_second(sample.blocks, sample),
                per_second(sample.messages, sample), sample.peak_bytes / 1048576);
    return 0;
  }
  if (mode == "scale") {
    scale(argv[2], overrides);
    return 0;
  }
  if (mode == "memory") {
    const Sample many = measure_apart(argv[2], overrides);
    overrides.push_back({"max_peers", "1"});
    const Sample few = measure_apart(argv[2], overrides);
    const double ends = 2 * (static_cast<double>(many.open_connections) - static_cast<double>(few.open_connections));
    std::printf("%.0f connection ends more take %.1f MiB more: %.0f bytes each; peak %.0f MiB, %.2f CPU s\n", ends,
                (many.peak_bytes - few.peak_bytes) / 1048576, (many.peak_bytes - few.peak_bytes) / ends,
                many.peak_bytes / 1048576, many.cpu_seconds);
    return 0;
  }
  std::fprintf(stderr, "swarm_bench speed|scale|memory SCENARIO [--set KEY=VALUE]...\n");
  return 2;
}
