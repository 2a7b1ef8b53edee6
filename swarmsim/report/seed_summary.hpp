// What the runs of one scenario over several seeds come to: how many were violated, and how the numbers are spread.
//
// Numbers of one seed wander by a tenth, so a single run says little about them.  Of each check whose measurement is a number
// (Judgement::number), of the virtual and of the real time: least, median, 95th percentile and greatest over all valid runs.
//
//   One seed, five leechers and a liar
//     scenarios/quickstart.yaml seeds 1..20: 19 held, 1 violated (5 %)
//                                        min  median     p95     max
//     completes of leech: slowest     24.1 s  28.6 s  31.2 s  32.0 s
//     first violated: swarmsim run scenarios/quickstart.yaml --seed 7 --trace
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "swarmsim/expect/number.hpp"
#include "swarmsim/report/terminal.hpp"
#include "swarmsim/run/run_result.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

struct Distribution {
  std::string of;          // "completes of leech: slowest"
  Unit unit = Unit::number;
  Number min;              // never comes last of all
  Number median;
  Number p95;              // by nearest rank
  Number max;
};

struct SeedSummary {
  std::string scenario;    // the title
  std::string file;
  SeedRange seeds;         // the first and the last that ran
  std::size_t runs = 0;
  std::size_t violated = 0;
  std::map<RunVerdict, std::size_t> verdicts;
  std::string first_violated;   // the command that shows it; "" where none was
  std::vector<Distribution> distributions;
};

// Of each scenario that ran over more than one seed, in the order of the runs.
std::vector<SeedSummary> summarise_seeds(std::span<const RunResult> runs);
// Ends in a newline.  At most eight rows: the times, and of the checks those that come first.
std::string describe_seeds(const SeedSummary& summary, Colours colours);

}  // namespace swarmlab::swarmsim
