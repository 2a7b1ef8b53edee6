// Env: what torrentgen's commands see of the process they run in, so that tests run them without one.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace swarmlab::torrentgen {

struct Env {
  std::vector<std::string> arguments;    // without the program's name
  std::ostream& out;                     // results
  std::ostream& err;                     // complaints, warnings, progress
  bool shows_progress = false;           // err is a terminal
};

// Exit statuses (the same in all programs of Swarmlab).
inline constexpr int kHeld = 0;
inline constexpr int kMismatch = 1;      // verify: the content is not what the torrent says
inline constexpr int kUsage = 2;         // wrong arguments, or a file that is no good
inline constexpr int kEnvironment = 3;   // could not read or write

// Runs one command line; returns the exit status.  Writes nothing but one JSON document to `out` with --json.
int run(Env& env);

}  // namespace swarmlab::torrentgen
