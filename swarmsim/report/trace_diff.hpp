// Where two traces part: the first event in which their runs differ, with what stood before it and what came after.
//
// Events at one moment at different hosts have no order that means anything (the fingerprint ignores it as well), so they
// are compared host by host.
#pragma once

#include <expected>
#include <string>

#include "swarmsim/wire/trace_reader.hpp"

namespace swarmlab::swarmsim {

struct TraceDifference {
  bool is_equal = false;
  std::string text;      // for people; ends in a newline
};

// Reads both until they differ.  `a` and `b` are called by those names.  An error is of a file.
std::expected<TraceDifference, std::string> compare_traces(TraceReader& a, TraceReader& b);

}  // namespace swarmlab::swarmsim
