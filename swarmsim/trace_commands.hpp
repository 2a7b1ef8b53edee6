// The commands of swarmsim that read traces: parsed, and carried out.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "swarmsim/program.hpp"
#include "swarmsim/report/exit_status.hpp"

namespace swarmlab::swarmsim {

// swarmsim judge TRACE... [--check NAME]... [--json]
struct JudgeCommand {
  std::vector<std::string> traces;
  std::vector<std::string> checks;   // only these; all of the trace's scenario where empty
  bool json = false;
};

std::expected<JudgeCommand, std::string> parse_judge(std::span<const std::string> words);

// Reports as `swarmsim run` does.  An unreadable trace ends it: half a verdict looks like a whole one.
ExitStatus judge_traces(const JudgeCommand& command, Env& env);

}  // namespace swarmlab::swarmsim
