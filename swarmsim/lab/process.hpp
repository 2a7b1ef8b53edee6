// Process: a program of a lab run, in the network namespace of its host.
//
// Everything it prints goes to a file.  It has no terminal and no input, dies with whoever started it, and is the leader of
// a session of its own, so that what it starts can be ended with it.
#pragma once

#include <sys/types.h>

#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "protocol/units.hpp"
#include "swarmsim/lab/adapter.hpp"
#include "swarmsim/scenario/process_limits.hpp"

namespace swarmlab::swarmsim {

struct ProcessSpec {
  Words words;                            // the first is looked for on the PATH of `environment`, or in the usual places
  std::vector<std::pair<std::string, std::string>> environment;   // besides what the starter has
  std::string directory;                  // where it starts
  std::string output;                     // the file that gets what it prints, at its end
  int namespace_fd = -1;                  // the network namespace; -1: the starter's
  ProcessLimits limits = {};              // but for the disk, which is the place's
};

// How a process came to its end.
struct ProcessEnd {
  int status = 0;                         // of exit; of a signal 128 and its number
  int signal = 0;                         // 0: it ended by itself
};
// "exit status 1", "killed by SIGSEGV"
std::string to_string(const ProcessEnd& end);

// For how long the threads of a process were ready to run and another one ran, since they began; zero where nobody knows.
// Of threads that have ended nothing is left.
Duration waited_for_processor(pid_t pid);

// The processes that were started here, and whatever of theirs is left to this process as their last ancestor.
class ProcessTable {
 public:
  // An error is one sentence: the program is not there, say.
  std::expected<pid_t, std::string> start(const ProcessSpec& spec);
  // Collects those that have ended.  Never waits.
  void reap();
  bool runs(pid_t pid) const { return running_.contains(pid); }
  // Of a process that has ended; once.
  std::optional<ProcessEnd> take_end(pid_t pid);
  void signal(pid_t pid, int number) const;
  // To it and all of its session that did not leave it.
  void signal_all(pid_t pid, int number) const;
  // Kills and collects all of them.
  void end_all();

 private:
  std::set<pid_t> running_;
  std::map<pid_t, ProcessEnd> ended_;
};

}  // namespace swarmlab::swarmsim
