// The commands of swarmsim that read traces: parsed, and carried out.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocol/units.hpp"
#include "swarmsim/program.hpp"
#include "swarmsim/report/exit_status.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

// swarmsim judge TRACE... [--check NAME]... [--json]
struct JudgeCommand {
  std::vector<std::string> traces;
  std::vector<std::string> checks;   // only these; all of the trace's scenario where empty
  bool json = false;
};

// swarmsim trace FILE [--peer A] [--with B] [--around T] [--window D] [--kind K] [--unfold]
struct TraceCommand {
  std::string trace;
  std::optional<std::string> peer;
  std::optional<std::string> with;
  std::optional<Time> around;
  std::optional<Duration> window;
  std::optional<MessageKind> kind;
  bool unfold = false;
};

// swarmsim diff TRACE_A TRACE_B
struct DiffCommand {
  std::string a;
  std::string b;
};

std::expected<JudgeCommand, std::string> parse_judge(std::span<const std::string> words);
std::expected<TraceCommand, std::string> parse_trace(std::span<const std::string> words);
std::expected<DiffCommand, std::string> parse_diff(std::span<const std::string> words);

// Reports as `swarmsim run` does.  An unreadable trace ends it: half a verdict looks like a whole one.
ExitStatus judge_traces(const JudgeCommand& command, Env& env);
ExitStatus show_trace(const TraceCommand& command, Env& env);
// 0 equal, 1 differ, 2 one cannot be read.
ExitStatus diff_traces(const DiffCommand& command, Env& env);

// What `swarmsim trace` prints.
std::expected<std::string, std::string> conversation_text(const TraceCommand& command);

}  // namespace swarmlab::swarmsim
