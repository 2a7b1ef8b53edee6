#include "swarmsim/trace_commands.hpp"

#include <fmt/format.h>

#include <chrono>
#include <fstream>

#include "swarmsim/plain_options.hpp"
#include "swarmsim/report/json_report.hpp"
#include "swarmsim/report/terminal.hpp"
#include "swarmsim/run/replay.hpp"
#include "swarmsim/shell_word.hpp"

namespace swarmlab::swarmsim {
namespace {

std::expected<RunResult, std::string> judge_file(const std::string& path, const std::vector<std::string>& checks) {
  const auto begin = std::chrono::steady_clock::now();
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::unexpected(fmt::format("{}: cannot be read", path));
  auto reader = TraceReader::open(in, path);
  if (!reader) return std::unexpected(reader.error());
  auto result = judge_trace(*reader, checks);
  if (!result) return result;
  result->wall_time = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin);
  result->again = fmt::format("swarmsim judge {}", shell_word(path));
  return result;
}

}  // namespace

std::expected<JudgeCommand, std::string> parse_judge(std::span<const std::string> words) {
  const auto options = PlainOptions::parse("judge", words, {.with_value = {"check"}, .flags = {"json"}});
  if (!options) return std::unexpected(options.error());
  if (options->positional().empty()) return std::unexpected("judge: which trace? swarmsim judge FILE.trace.jsonl...");
  return JudgeCommand{options->positional(), options->values("check"), options->has("json")};
}

ExitStatus judge_traces(const JudgeCommand& command, Env& env) {
  const Colours colours = env.out_is_terminal ? Colours::on : Colours::off;
  std::vector<RunResult> results;
  for (const std::string& path : command.traces) {
    auto result = judge_file(path, command.checks);
    if (!result) {
      if (command.json) env.out << json_refusal(result.error(), ExitStatus::usage);
      else env.error << "swarmsim: " << result.error() << '\n';
      return ExitStatus::usage;
    }
    if (!command.json) env.out << describe_run(*result, colours) << '\n' << std::flush;
    results.push_back(std::move(*result));
  }
  const ExitStatus status = status_of(results, {});
  env.out << (command.json ? json_report(results, status) : describe_end(results, status, colours));
  return status;
}

}  // namespace swarmlab::swarmsim
