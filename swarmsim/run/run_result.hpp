// RunResult: all that is reported of one run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/units.hpp"
#include "swarmsim/checks/manual.hpp"
#include "swarmsim/checks/verdict.hpp"
#include "swarmsim/expect/judge_expectation.hpp"

namespace swarmlab::swarmsim {

struct CheckResult {
  const CheckManual* manual = nullptr;
  std::string who;
  Judgement judgement;
  std::string known = {};   // of a violation that is excused: until when and why (report/known_failures.hpp)
  int line = 0;             // where it stands in the scenario's file
};

// How often a peer misbehaved in one of its ways.
struct Misdeeds {
  std::string peer;
  std::string_view behaviour;
  std::uint64_t count = 0;
};

// When a peer that did not have everything came, and had it; kNever for who never had.
struct Completion {
  std::string peer;
  Time joined{};
  Time completed = kNever;
};

// What this run contributes to an expectation that is judged over seeds.
struct OverSeedsSample {
  std::shared_ptr<const Expectation> expectation;
  SeedSamples samples;
};

// Of a whole run, in the order of what matters most.
enum class RunVerdict : std::uint8_t { held, violated, vacuous, invalid };
std::string_view to_string(RunVerdict verdict);

struct RunResult {
  std::string scenario;             // the title
  std::string file;
  std::string mode = "sim";         // or "lab": real processes; or "capture": packets from anywhere
  std::string network = {};         // of real processes: "namespaces", "relays", "none"
  std::string client = {};          // who played the subjects; "" for ours
  std::string client_version = {};  // as it says, "3.00"; "" where nobody asked
  std::uint64_t seed = 0;
  std::uint64_t fingerprint = 0;
  Duration virtual_time{};
  Duration wall_time{};
  std::string invalid;              // why the run says nothing; "" when it does
  std::string rough = {};           // how the machine did not keep up, so that no measure of time accuses anybody
  bool took_back = false;           // such an accusation was made
  std::vector<std::string> faults;  // invariants that a simulated client of ours broke: who, when, where, what
  std::vector<CheckResult> checks;
  std::vector<OverSeedsSample> over_seeds;
  bool was_cut_short = false;       // by --until
  std::vector<std::string> notes;   // oddities that are no verdict: streams that could not be decoded
  std::vector<Misdeeds> misdeeds;   // of each behaviour of each peer, in the order of peers
  std::vector<Completion> completions;   // in the order of peers
  std::uint64_t messages = 0;       // sent
  std::uint64_t blocks = 0;         // received
  std::uint64_t open_connections = 0;   // when it ended
  std::string again;                // the command that shows it again
  std::string trace;                // the file with its events; "" where none was asked for
  std::string pcap;                 // the file with its packets

  // Violated by a fault and by any stable check, unless that is known; vacuous when a check is, or when none held or was violated.
  RunVerdict verdict() const;
};

}  // namespace swarmlab::swarmsim
