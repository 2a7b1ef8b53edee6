// The command line of bttracker, read into options.  Files named on it are read here too.
#pragma once

#include <expected>
#include <string>
#include <variant>
#include <vector>

#include "tracker/env.hpp"
#include "tracker/tracker.hpp"

namespace swarmlab::tracker {

struct CommandLine {
  TrackerOptions tracker;
  bool json = false;
  bool verbose = false;
};
// To be printed, and nothing else done: help, or the version.
struct TextWanted { std::string text; };
struct CommandLineError { int status = kUsage; std::string what; };

std::expected<std::variant<CommandLine, TextWanted>, CommandLineError> parse_command_line(
    const std::vector<std::string>& arguments);

}  // namespace swarmlab::tracker
