#include <sys/resource.h>
#include <unistd.h>

#include <exception>
#include <iostream>

#include "torrentgen/env.hpp"

namespace {

// A piece may span thousands of small files, which are open together while it is hashed.
void allow_many_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace swarmlab::torrentgen;
  try {
    allow_many_open_files();
    Env env{{argv + 1, argv + argc}, std::cout, std::cerr, ::isatty(STDERR_FILENO) == 1};
    const int status = run(env);
    std::cout.flush();
    if (std::cout.good()) return status;
    std::cerr << "torrentgen: cannot write the result\n";
  } catch (const std::exception& error) {
    std::cerr << "torrentgen: " << error.what() << '\n';
  }
  return kEnvironment;
}
