// Env: what bttracker sees of the process it runs in, so that tests run it without one.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "runtime/outside.hpp"

namespace swarmlab::tracker {

struct Env {
  std::vector<std::string> arguments;    // without the program's name
  std::ostream& out;
  std::ostream& err;
  runtime::Outside outside;
  std::function<void()> run_until_stopped;   // handles events until the user wants an end
  Duration since_1970{};                 // at time 0 of `outside`
};

// Exit statuses (the same in all programs of Swarmlab).
inline constexpr int kHeld = 0;
inline constexpr int kUsage = 2;         // wrong arguments, or a file that is no good
inline constexpr int kEnvironment = 3;   // a port in use, a file that cannot be read

int run(Env& env);

}  // namespace swarmlab::tracker
