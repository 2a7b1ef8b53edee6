// Failure: why a command did not do its work, with the exit status that says so.
#pragma once

#include <string>
#include <utility>

#include "torrentgen/env.hpp"

namespace swarmlab::torrentgen {

struct Failure {
  int status = kUsage;
  std::string what;
};
inline Failure usage(std::string what) { return {kUsage, std::move(what)}; }
inline Failure environment(std::string what) { return {kEnvironment, std::move(what)}; }

}  // namespace swarmlab::torrentgen
