#include "swarmsim/trace_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <tuple>

#include "protocol/quantities.hpp"
#include "protocol/spelling.hpp"
#include "swarmsim/plain_options.hpp"
#include "swarmsim/report/conversation_view.hpp"
#include "swarmsim/report/event_text.hpp"
#include "swarmsim/report/json_report.hpp"
#include "swarmsim/report/terminal.hpp"
#include "swarmsim/report/trace_diff.hpp"
#include "swarmsim/run/over_seeds.hpp"
#include "swarmsim/run/replay.hpp"
#include "swarmsim/shell_word.hpp"

namespace swarmlab::swarmsim {
namespace {

// A trace with the file that it is read from.
struct OpenTrace {
  std::unique_ptr<std::ifstream> file;
  TraceReader reader;
};

std::expected<OpenTrace, std::string> open_trace(const std::string& path) {
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) return std::unexpected(fmt::format("{}: cannot be read", path));
  auto reader = TraceReader::open(*file, path);
  if (!reader) return std::unexpected(reader.error());
  return OpenTrace{std::move(file), std::move(*reader)};
}

std::expected<RunResult, std::string> judge_file(const std::string& path, const std::vector<std::string>& checks) {
  const auto begin = std::chrono::steady_clock::now();
  auto trace = open_trace(path);
  if (!trace) return std::unexpected(trace.error());
  auto result = judge_trace(trace->reader, checks);
  if (!result) return result;
  result->wall_time = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin);
  result->again = fmt::format("swarmsim judge {}", shell_word(path));
  return result;
}

// "not_interested", "Not Interested" -> "NOT INTERESTED".
std::string as_message_name(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '_') c = ' ';
  }
  return text;
}

std::expected<MessageKind, std::string> parse_kind(const std::string& text) {
  const std::string name = as_message_name(text);
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kMessageKinds; ++i) {
    const auto kind = static_cast<MessageKind>(i);
    if (name == to_string(kind) || name == as_message_name(std::string(to_string(kind)))) return kind;
    names.push_back(to_string(kind));
  }
  return std::unexpected(fmt::format("--kind {}: no message is called so{}", text, suggestion(name, names)));
}

std::expected<HostId, std::string> host_of(const std::vector<std::string>& names, std::string_view option, const std::string& name) {
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return HostId(static_cast<std::uint32_t>(found - names.begin()));
  return std::unexpected(fmt::format("--{} {}: the trace has nobody of that name{}", option, name,
                                     suggestion(name, std::vector<std::string_view>(names.begin(), names.end()))));
}

ExitStatus refuse(const std::string& why, Env& env) {
  env.error << "swarmsim: " << why << '\n';
  return ExitStatus::usage;
}

}  // namespace

std::expected<JudgeCommand, std::string> parse_judge(std::span<const std::string> words) {
  const auto options = PlainOptions::parse("judge", words, {.with_value = {"check"}, .flags = {"json"}});
  if (!options) return std::unexpected(options.error());
  if (options->positional().empty()) return std::unexpected("judge: which trace? swarmsim judge FILE.trace.jsonl...");
  return JudgeCommand{options->positional(), options->values("check"), options->has("json")};
}

std::expected<TraceCommand, std::string> parse_trace(std::span<const std::string> words) {
  const auto options = PlainOptions::parse(
      "trace", words, {.with_value = {"peer", "with", "around", "window", "kind"}, .flags = {"unfold"}});
  if (!options) return std::unexpected(options.error());
  if (options->positional().size() != 1) return std::unexpected("trace: one file: swarmsim trace FILE.trace.jsonl");
  TraceCommand command;
  command.trace = options->positional().front();
  command.peer = options->value("peer");
  command.with = options->value("with");
  if (command.with && !command.peer) return std::unexpected("--with needs --peer: whose view of the conversation?");
  if (const auto around = options->value("around")) {
    command.around = parse_clock(*around);
    if (!command.around)
      return std::unexpected(fmt::format("--around {}: a time as stories have it (03:22.104), or with a unit (202 s)", *around));
  }
  if (const auto window = options->value("window")) {
    const auto duration = parse_duration(*window);
    if (!duration) return std::unexpected(fmt::format("--window: {}", duration.error()));
    if (!command.around) return std::unexpected("--window needs --around: before and after which time?");
    command.window = *duration;
  }
  if (const auto text = options->value("kind")) {
    const auto kind = parse_kind(*text);
    if (!kind) return std::unexpected(kind.error());
    command.kind = *kind;
  }
  command.unfold = options->has("unfold");
  return command;
}

std::expected<DiffCommand, std::string> parse_diff(std::span<const std::string> words) {
  const auto options = PlainOptions::parse("diff", words, {.with_value = {}, .flags = {}});
  if (!options) return std::unexpected(options.error());
  if (options->positional().size() != 2) return std::unexpected("diff: two files: swarmsim diff TRACE_A TRACE_B");
  return DiffCommand{options->positional()[0], options->positional()[1]};
}

std::expected<std::string, std::string> conversation_text(const TraceCommand& command) {
  auto trace = open_trace(command.trace);
  if (!trace) return std::unexpected(trace.error());
  const TraceHeader& header = trace->reader.header();
  const std::vector<std::string> names = header.names();
  ConversationOptions options;
  options.around = command.around;
  options.window = command.window.value_or(options.window);
  options.kind = command.kind;
  options.fold = !command.unfold;
  for (const auto& [option, name, host] : {std::tuple{"peer", &command.peer, &options.peer}, {"with", &command.with, &options.with}}) {
    if (!*name) continue;
    const auto found = host_of(names, option, **name);
    if (!found) return std::unexpected(found.error());
    *host = *found;
  }
  ConversationView view(options, names, header.geometry.piece_count());
  for (;;) {
    const auto line = trace->reader.next();
    if (!line) return std::unexpected(line.error());
    if (std::holds_alternative<TraceEnd>(*line)) break;
    view.on_event(std::get<WireEvent>(*line));
  }
  std::string text = fmt::format("{}\n{} seed {} ({}): {} peers, {} in {} pieces\n", header.title, header.file, header.seed,
                                 header.mode, header.peers.size(), to_text(header.geometry.total()),
                                 header.geometry.piece_count());
  if (command.peer)
    text += fmt::format("as {0} saw it: -> what it sent, when it did; <- what came to it, when it came\n", *command.peer);
  return text + "\n" + view.text();
}

ExitStatus show_trace(const TraceCommand& command, Env& env) {
  const auto text = conversation_text(command);
  if (!text) return refuse(text.error(), env);
  env.out << *text;
  return ExitStatus::held;
}

ExitStatus diff_traces(const DiffCommand& command, Env& env) {
  auto a = open_trace(command.a);
  if (!a) return refuse(a.error(), env);
  auto b = open_trace(command.b);
  if (!b) return refuse(b.error(), env);
  const auto difference = compare_traces(a->reader, b->reader);
  if (!difference) return refuse(difference.error(), env);
  env.out << fmt::format("A: {}\nB: {}\n{}", command.a, command.b, difference->text);
  return difference->is_equal ? ExitStatus::held : ExitStatus::violated;
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
  std::string again = "swarmsim judge";
  for (const std::string& path : command.traces) again += " " + shell_word(path);
  const auto over_seeds = judge_over_seeds(results, [&](const OverSeedsResult&) { return again; });
  const ExitStatus status = status_of(results, over_seeds, {});
  if (command.json) {
    env.out << json_report(results, over_seeds, status);
    return status;
  }
  for (const OverSeedsResult& result : over_seeds) env.out << describe_over_seeds(result, colours) << '\n';
  env.out << describe_end(results, status, colours);
  return status;
}

}  // namespace swarmlab::swarmsim
