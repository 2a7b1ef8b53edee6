// Text -> Expectation: "median(leech.download_time) <= 1.2 * content / seeder.link_up".
//
//   expectation = sum comparison sum                    comparison: <  <=  >  >=  ==  !=
//   sum         = product { (+ | -) product }
//   product     = factor { (* | /) factor }
//   factor      = "-" factor | "(" sum ")" | quantity | metric | aggregate | over_seeds
//   quantity    = number [ unit ]                       1.2   90 s   64 KiB   4 Mbit/s   5%
//   metric      = peers "." name [ "(" peers { "," peers } ")" ]   or the name of a metric of the run
//   aggregate   = name "(" sum { "," sum } ")"          median min max mean sum jain p1 ... p99
//               | "share" "(" expectation ")"
//   over_seeds  = "over_seeds" "(" (sum | expectation) ")"
//
// Names of groups may hold '-', so a minus between two metrics has blanks around it.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "swarmsim/expect/expression.hpp"
#include "swarmsim/scenario/cast.hpp"

namespace swarmlab::swarmsim {

inline constexpr std::size_t kMaxExpectationBytes = 1000;
inline constexpr int kMaxExpectationDepth = 24;

struct ExpectationError {
  std::size_t offset = 0;   // in the text, from 0
  std::string what;         // what is wrong, then what would be right
};

// Everything that can be seen without running is checked: names, units, shapes, and that it can fail.
std::expected<Expectation, ExpectationError> parse_expectation(std::string_view text, const Cast& cast);

}  // namespace swarmlab::swarmsim
