#include "swarmsim/capture_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>

#include "protocol/quantities.hpp"
#include "swarmsim/lab/adapter_catalogue.hpp"
#include "swarmsim/lab/lab_cast.hpp"
#include "swarmsim/plain_options.hpp"
#include "swarmsim/report/json_report.hpp"
#include "swarmsim/report/terminal.hpp"
#include "swarmsim/run/capture_judge.hpp"
#include "swarmsim/run/declared_facts.hpp"
#include "swarmsim/run/over_seeds.hpp"
#include "swarmsim/scenario_files.hpp"
#include "swarmsim/shell_word.hpp"

namespace swarmlab::swarmsim {
namespace {

using FileBytes = std::expected<std::vector<std::byte>, std::string>;

constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 30;   // of a capture; all of it is held in memory

FileBytes read_file(const std::string& path, std::uint64_t most) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return std::unexpected(fmt::format("{}: cannot be read", path));
  const auto size = static_cast<std::uint64_t>(std::max<std::streamoff>(file.tellg(), 0));
  if (size > most) return std::unexpected(fmt::format("{}: {} bytes, more than {} are not read", path, size, most));
  std::vector<std::byte> bytes(size);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!file) return std::unexpected(fmt::format("{}: cannot be read", path));
  return bytes;
}

// "10.77.0.2=seed,10.77.0.3=leech[0]"
std::expected<void, std::string> add_names(std::string_view text, std::map<IpAddress, std::string>& names) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    const auto address = IpAddress::parse(pair.substr(0, equals));
    if (!address || equals == std::string_view::npos || equals + 1 == pair.size())
      return std::unexpected(fmt::format("--names {}: write it like --names 10.77.0.2=seed,10.77.0.3=leech[0]", pair));
    names[*address] = std::string(pair.substr(equals + 1));
  }
  return {};
}

// The files of the torrent below `place`, joined; of a torrent of one file `place` may be that file.
FileBytes read_content(const protocol::Metainfo& torrent, const std::string& place) {
  std::vector<std::byte> content;
  content.reserve(torrent.geometry.total().size());
  for (const protocol::FileEntry& file : torrent.files) {
    if (file.is_pad) {
      content.resize(content.size() + file.length.size());
      continue;
    }
    std::string path = place;
    const std::size_t skipped = torrent.is_multi_file ? 1 : file.path.size();   // PATH is what the torrent was made of
    for (std::size_t i = skipped; i < file.path.size(); ++i) path += "/" + file.path[i];
    const auto bytes = read_file(path, kMostBytes);
    if (!bytes) return bytes;
    if (bytes->size() != file.length.size())
      return std::unexpected(fmt::format("{}: {} bytes, the torrent says {}", path, bytes->size(), file.length.size()));
    content.insert(content.end(), bytes->begin(), bytes->end());
  }
  return content;
}

std::expected<CapturedTorrent, std::string> read_torrent(const std::string& torrent, const std::string& content) {
  const auto bytes = read_file(torrent, static_cast<std::uint64_t>(protocol::kMaxTorrentFileBytes.value()));
  if (!bytes) return std::unexpected(bytes.error());
  auto decoded = protocol::decode_metainfo(*bytes);
  if (!decoded) return std::unexpected(fmt::format("{}: {}", torrent, to_string(decoded.error())));
  auto read = read_content(decoded->metainfo, content);
  if (!read) return std::unexpected(read.error());
  return CapturedTorrent{std::make_shared<const protocol::Metainfo>(std::move(decoded->metainfo)), std::move(*read)};
}

std::string again_text(const CaptureCommand& command) {
  std::string text = fmt::format("swarmsim judge {}", shell_word(command.scenario));
  for (const std::string& capture : command.captures) text += " --capture " + shell_word(capture);
  std::string names;
  for (const auto& [address, name] : command.names) names += fmt::format("{}{}={}", names.empty() ? "" : ",", to_string(address), name);
  if (!names.empty()) text += " --names " + shell_word(names);
  if (!command.client.empty()) text += " --client " + shell_word(command.client);
  if (command.seed) text += fmt::format(" --seed {}", *command.seed);
  for (const Override& change : command.overrides)
    text += fmt::format(" --set {}", shell_word(fmt::format("{}={}", change.key, change.value)));
  if (command.tracker_log) text += " --tracker-log " + shell_word(*command.tracker_log);
  if (command.torrent) text += fmt::format(" --torrent {} --content {}", shell_word(*command.torrent), shell_word(*command.content));
  return text;
}

std::expected<RunResult, std::string> judge(const CaptureCommand& command) {
  const auto begin = std::chrono::steady_clock::now();
  const auto scenario = load_scenario(command.scenario, command.overrides);
  if (!scenario) return std::unexpected(scenario.error());
  CaptureJudgeOptions options{.seed = command.seed.value_or((*scenario)->seeds.first), .names = command.names,
                              .checks = command.checks, .send_buffer = command.send_buffer};
  std::optional<Adapter> client;
  std::optional<LabCast> cast;
  if (!command.client.empty()) {
    auto adapter = find_adapter(command.client);
    if (!adapter) return std::unexpected(adapter.error());
    client = std::move(*adapter);
    cast.emplace(**scenario, &*client, nullptr, LabPrograms{},
                 LabAddresses::of_namespaces(host_names((*scenario)->cast), (*scenario)->cast.peer_count()));
    options.declare = [&cast](RunFacts& facts) { cast->declare_clients(facts); };
  }
  if (command.torrent) {
    auto torrent = read_torrent(*command.torrent, *command.content);
    if (!torrent) return std::unexpected(torrent.error());
    options.torrent = std::move(*torrent);
  }
  if (command.tracker_log) {
    const auto bytes = read_file(*command.tracker_log, kMostBytes);
    if (!bytes) return std::unexpected(bytes.error());
    auto log = read_tracker_log({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
    if (!log) return std::unexpected(fmt::format("{}: {}", *command.tracker_log, log.error()));
    options.tracker_log = std::move(*log);
  }
  std::vector<std::vector<std::byte>> files;
  std::vector<NamedCapture> captures;
  for (const std::string& path : command.captures) {
    auto bytes = read_file(path, kMostBytes);
    if (!bytes) return std::unexpected(bytes.error());
    files.push_back(std::move(*bytes));
    auto capture = decode_capture_file(files.back());   // whose packets are views into the vector, wherever that is moved
    if (!capture) return std::unexpected(fmt::format("{}: {}", path, to_string(capture.error())));
    captures.push_back({path, std::move(*capture)});
  }
  auto result = judge_captures(**scenario, captures, options);
  if (!result) return result;
  for (const NamedCapture& capture : captures) {
    if (capture.file.is_cut_short) result->notes.push_back(fmt::format("{} ends within a packet", capture.name));
    if (capture.file.other > 0)
      result->notes.push_back(
          fmt::format("{}: {} frames hold no IP, or have no time, and were passed over", capture.name, capture.file.other));
  }
  result->file = command.scenario;
  result->client = command.client;
  result->wall_time = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin);
  result->again = again_text(command);
  return result;
}

}  // namespace

bool is_about_captures(std::span<const std::string> words) {
  return std::ranges::any_of(words, [](const std::string& word) { return word == "--capture" || word.starts_with("--capture="); });
}

std::expected<CaptureCommand, std::string> parse_capture_judge(std::span<const std::string> words) {
  const auto options = PlainOptions::parse(
      "judge", words,
      {.with_value = {"capture", "client", "names", "seed", "set", "tracker-log", "torrent", "content", "check", "send-buffer"},
       .flags = {"json"}});
  if (!options) return std::unexpected(options.error());
  CaptureCommand command;
  command.captures = options->values("capture");
  if (options->positional().empty()) return std::unexpected("judge: which scenario? swarmsim judge SCENARIO --capture FILE...");
  command.scenario = options->positional().front();
  command.captures.insert(command.captures.end(), options->positional().begin() + 1, options->positional().end());
  for (const std::string& text : options->values("names"))
    if (const auto added = add_names(text, command.names); !added) return std::unexpected(added.error());
  for (const std::string& text : options->values("set")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return std::unexpected(fmt::format("--set {}: write it like --set peers.leech.count=20", text));
    command.overrides.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  if (const auto text = options->value("seed")) {
    const auto seed = parse_count(*text, ~std::uint64_t{0} / 2);
    if (!seed) return std::unexpected(fmt::format("--seed: {}", seed.error()));
    command.seed = *seed;
  }
  if (const auto text = options->value("send-buffer")) {
    const auto size = parse_size(*text);
    if (!size) return std::unexpected(fmt::format("--send-buffer: {}", size.error()));
    command.send_buffer = *size;
  }
  command.client = options->value("client").value_or("");
  command.tracker_log = options->value("tracker-log");
  command.torrent = options->value("torrent");
  command.content = options->value("content");
  if (command.torrent.has_value() != command.content.has_value())
    return std::unexpected("--torrent and --content go together: the torrent file, and what it was made of");
  command.checks = options->values("check");
  command.json = options->has("json");
  return command;
}

ExitStatus judge_capture_files(const CaptureCommand& command, Env& env) {
  const Colours colours = env.out_is_terminal ? Colours::on : Colours::off;
  auto result = judge(command);
  if (!result) {
    if (command.json) env.out << json_refusal(result.error(), ExitStatus::usage);
    else env.error << "swarmsim: " << result.error() << '\n';
    return ExitStatus::usage;
  }
  const std::vector<RunResult> results{std::move(*result)};
  const auto over_seeds = judge_over_seeds(results, [&](const OverSeedsResult&) { return results.front().again; });
  const ExitStatus status = status_of(results, over_seeds, {});
  if (command.json) {
    env.out << json_report(results, over_seeds, status);
    return status;
  }
  env.out << describe_run(results.front(), colours) << '\n';
  for (const OverSeedsResult& over : over_seeds) env.out << describe_over_seeds(over, colours) << '\n';
  env.out << describe_end(results, status, colours);
  return status;
}

}  // namespace swarmlab::swarmsim
