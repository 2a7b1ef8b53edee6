#include <unistd.h>

#include <exception>
#include <iostream>

#include "swarmsim/program.hpp"
#include "swarmsim/report/exit_status.hpp"

int main(int argc, char** argv) {
  using namespace swarmlab::swarmsim;
  try {
    Env env{{argv + 1, argv + argc}, std::cout, std::cerr, isatty(1) == 1, isatty(2) == 1};
    return run_program(env);
  } catch (const std::exception& error) {
    std::cerr << "swarmsim: " << error.what() << '\n';
    return static_cast<int>(ExitStatus::environment);
  }
}
