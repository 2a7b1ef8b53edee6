// swarmsim without its process: arguments in, text and exit status out.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "swarmsim/lab/lab_cast.hpp"
#include "swarmsim/real_world.hpp"
#include "swarmsim/report/github_report.hpp"

namespace swarmlab::swarmsim {

struct Env {
  std::vector<std::string> arguments;   // without the program's name
  std::ostream& out;
  std::ostream& error;
  bool out_is_terminal = false;
  bool error_is_terminal = false;
  MakeRealWorld make_world = nullptr;   // without it `swarmsim peer` is refused
  GithubWorkflow github = {};
  LabPrograms programs = {};            // what lab mode starts besides clients
};

// The exit status.  Throws nothing of its own making.
int run_program(Env& env);
// That of a program which an exception ended: the machine could not run it.
int status_after_exception(const std::vector<std::string>& arguments);

}  // namespace swarmlab::swarmsim
