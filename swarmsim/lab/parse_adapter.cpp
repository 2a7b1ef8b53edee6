#include "swarmsim/lab/parse_adapter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "protocol/spelling.hpp"
#include "swarmsim/lab/setting_units.hpp"
#include "swarmsim/run/declaration.hpp"
#include "swarmsim/scenario/map_reader.hpp"
#include "swarmsim/scenario/settings_names.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kMostNameLength = 32;

bool is_client_name(std::string_view name) {
  return !name.empty() && name.size() <= kMostNameLength && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

Words read_words(const YamlNode& node, const std::string& what, Diagnostics& diagnostics) {
  Words words;
  for_each_scalar(node, what, diagnostics, [&](const YamlNode& word) { words.push_back(word.text); });
  if (words.empty() && node.kind == YamlNode::Kind::list) diagnostics.add(node.at, what + ": no command; a list of words: [program, word]");
  return words;
}

// A command, or a list of commands.
std::vector<Words> read_commands(const YamlNode& node, const std::string& what, Diagnostics& diagnostics) {
  std::vector<Words> commands;
  const bool is_many = node.kind == YamlNode::Kind::list && !node.items.empty() && node.items.front().kind == YamlNode::Kind::list;
  if (!is_many) commands.push_back(read_words(node, what, diagnostics));
  else for (const YamlNode& command : node.items) commands.push_back(read_words(command, what, diagnostics));
  return commands;
}

// A map of texts, in the order of the file.
std::vector<std::pair<std::string, std::string>> read_texts(const YamlNode& node, const std::string& what, Diagnostics& diagnostics) {
  std::vector<std::pair<std::string, std::string>> texts;
  if (node.kind != YamlNode::Kind::map) {
    diagnostics.add(node.at, fmt::format("{}: {}; a map of texts belongs here", what, to_string(node.kind)));
    return texts;
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = node.items[i];
    if (item.kind == YamlNode::Kind::scalar || item.kind == YamlNode::Kind::empty) texts.emplace_back(node.keys[i], item.text);
    else diagnostics.add(item.at, fmt::format("{}.{}: {}; a text belongs here", what, node.keys[i], to_string(item.kind)));
  }
  return texts;
}

Features read_features(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<std::string_view> names;
  for (const Feature feature : kAllFeatures) names.push_back(to_string(feature));
  Features features;
  if (node.kind == YamlNode::Kind::list && node.items.empty()) return features;
  for_each_scalar(node, "speaks", diagnostics, [&](const YamlNode& word) {
    const auto found = std::ranges::find(names, std::string_view(word.text));
    if (found == names.end())
      diagnostics.add(word.at, fmt::format("speaks: '{}' is unknown{}", word.text, suggestion(word.text, names)));
    else features.add(kAllFeatures[found - names.begin()]);
  });
  return features;
}

SettingMap read_setting(const YamlNode& node, const std::string& name, Diagnostics& diagnostics) {
  SettingMap setting;
  setting.name = name;
  const std::string what = "settings." + name;
  MapReader reader(node, what, diagnostics);
  if (const auto text = reader.text("default")) setting.by_default = *text;
  if (const auto unit = reader.word("unit", setting_units())) setting.unit = setting_units()[*unit];
  if (const auto less = reader.count("less", 1000)) setting.less = *less;
  if (const YamlNode* values = reader.take("values"))
    for (auto& [from, to] : read_texts(*values, what + ".values", diagnostics)) setting.values.emplace(from, to);
  if (const YamlNode* words = reader.take("words")) setting.words = read_words(*words, what + ".words", diagnostics);
  reader.finish();
  PeerFacts scratch;
  for (const std::string_view declared : declared_names())
    if (setting_behind(declared) == name && !setting.by_default.empty())
      if (const auto good = declare(declared, setting.by_default, scratch); !good)
        diagnostics.add(node.find("default")->at, fmt::format("{}.default: {}", what, good.error()));
  if (!setting.by_default.empty() && !setting.values.contains(setting.by_default))
    if (const auto value = in_unit(setting.by_default, setting.unit); !value)
      diagnostics.add(node.find("default")->at, fmt::format("{}.default: {}", what, value.error()));
  return setting;
}

std::vector<SettingMap> read_setting_maps(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<SettingMap> settings;
  if (node.kind != YamlNode::Kind::map) {
    diagnostics.add(node.at, fmt::format("settings: {}; a map belongs here: {{ upload_slots: {{ default: 4 }} }}", to_string(node.kind)));
    return settings;
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string& name = node.keys[i];
    if (std::ranges::find(setting_names(), std::string_view(name)) == setting_names().end()) {
      diagnostics.add(node.key_at[i], fmt::format("settings: '{}' is no setting of scenarios{}", name, suggestion(name, setting_names())));
      continue;
    }
    settings.push_back(read_setting(node.items[i], name, diagnostics));
  }
  return settings;
}

std::vector<std::pair<std::string, std::string>> read_declarations(const YamlNode& node, Diagnostics& diagnostics) {
  auto declared = read_texts(node, "declares", diagnostics);
  PeerFacts scratch;
  for (std::size_t i = 0; i < declared.size(); ++i)
    if (const auto good = declare(declared[i].first, declared[i].second, scratch); !good)
      diagnostics.add(node.key_at[i], fmt::format("declares.{}: {}", declared[i].first, good.error()));
  return declared;
}

// { port: 10 s } or { log: 'listening', within: 10 s } and the like; `kinds` are those that make sense here.
Probe read_probe(const YamlNode& node, const std::string& what, Duration within, std::span<const Probe::Kind> kinds,
                 Diagnostics& diagnostics) {
  constexpr std::array<std::pair<Probe::Kind, std::string_view>, 4> names{{{Probe::Kind::port, "port"}, {Probe::Kind::file, "file"},
                                                                           {Probe::Kind::log, "log"}, {Probe::Kind::exit, "exit"}}};
  Probe probe;
  probe.within = within;
  MapReader reader(node, what, diagnostics);
  for (const auto& [kind, name] : names) {
    if (std::ranges::find(kinds, kind) == kinds.end() || !reader.has(name)) continue;
    const auto text = reader.text(name);
    if (probe.kind != Probe::Kind::none) diagnostics.add(node.at, what + ": one way to tell is enough");
    probe.kind = kind;
    probe.text = text.value_or("");
    const std::string_view only = kind == Probe::Kind::port ? "true" : kind == Probe::Kind::exit ? "0" : "";
    if (!only.empty() && text && *text != only)
      diagnostics.add(node.find(name)->at, fmt::format("{}.{}: '{}'; only {} makes sense here", what, name, *text, only));
  }
  // Nobody waits for a download to be complete: scenarios have limits.
  if (within > Duration{0})
    if (const auto time = reader.duration("within")) probe.within = *time;
  reader.finish();
  if (probe.kind == Probe::Kind::none && reader.is_map() && diagnostics.empty())
    diagnostics.add(node.at, what + ": how it is told is missing");
  return probe;
}

void read_stop(const YamlNode& node, Adapter& adapter, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 4> names{"SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"};
  constexpr std::array<int, 4> signals{SIGTERM, SIGINT, SIGHUP, SIGKILL};
  MapReader reader(node, "stop", diagnostics);
  if (const auto signal = reader.word("signal", names)) adapter.stop_signal = signals[*signal];
  if (const YamlNode* command = reader.take("command")) adapter.stop = read_words(*command, "stop.command", diagnostics);
  if (const auto within = reader.duration("within")) adapter.stops_within = *within;
  reader.finish();
}

// A file; or more of it.
void read_log(const YamlNode& node, Adapter& adapter, Diagnostics& diagnostics) {
  if (node.kind == YamlNode::Kind::scalar) {
    adapter.log = node.text;
    return;
  }
  MapReader reader(node, "log", diagnostics);
  if (const auto file = reader.text("file")) adapter.log = *file;
  if (const auto pattern = reader.text("time")) {
    adapter.log_time = *pattern;
    if (!pattern->contains('%')) diagnostics.add(node.find("time")->at, "log.time: a pattern as strptime has it: '%H:%M:%S'");
  }
  reader.finish();
}

void read_tracker_declarations(const YamlNode& node, Adapter& tracker, Diagnostics& diagnostics) {
  MapReader reader(node, "declares", diagnostics);
  if (const auto interval = reader.duration("interval")) tracker.interval = *interval;
  if (const auto silence = reader.duration("silence")) tracker.silence = *silence;
  reader.finish();
}

void refuse_what_is_for_clients(MapReader& adapter, Diagnostics& diagnostics) {
  for (const std::string_view key : {"leech", "seed", "speaks", "settings", "add", "complete"})
    if (const YamlNode* node = adapter.take(key))
      diagnostics.add(node->at, fmt::format("{}: of a client; this is a tracker's adapter", key));
}

// {something} that looks like a placeholder and is none is a slip of the keyboard, in command lines; in files it may be the
// client's own language.
void find_slips(const std::vector<std::string>& names, const Words& words, Position at, Diagnostics& diagnostics) {
  const std::vector<std::string_view> known(names.begin(), names.end());
  for (const std::string& word : words) {
    for (std::size_t open = word.find('{'); open != std::string::npos; open = word.find('{', open + 1)) {
      const std::size_t close = word.find('}', open);
      if (close == std::string::npos) break;
      const std::string name = word.substr(open + 1, close - open - 1);
      const bool looks_like_one = !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string::npos;
      if (!looks_like_one || (word == "{settings}") || std::ranges::find(names, name) != names.end()) continue;
      diagnostics.add(at, fmt::format("{{{}}} is nothing that is filled in{}", name, suggestion(name, known)));
    }
  }
}

}  // namespace

std::optional<Adapter> parse_adapter(std::string_view text, Diagnostics& diagnostics) {
  const std::optional<YamlNode> root = parse_yaml(text, diagnostics);
  if (!root) return std::nullopt;
  Adapter adapter;
  MapReader reader(*root, "adapter", diagnostics);
  if (!reader.is_map()) return std::nullopt;
  if (reader.require("adapter", "adapter: 1") != nullptr)
    if (const auto format = reader.count("adapter", 1'000'000); format && *format != Adapter::kFormat)
      diagnostics.add(root->find("adapter")->at,
                      fmt::format("adapter: format {}; this version reads format {}", *format, Adapter::kFormat));
  if (reader.require("client", "client: mine") != nullptr)
    if (const auto name = reader.text("client")) {
      adapter.client = *name;
      if (!is_client_name(*name))
        diagnostics.add(root->find("client")->at,
                        fmt::format("client: '{}' is no name; letters, digits, '-', '_' and '.', at most {}", *name, kMostNameLength));
    }
  if (const auto about = reader.text("about")) adapter.about = *about;
  if (const auto package = reader.text("package")) adapter.package = *package;
  if (const YamlNode* node = reader.take("version")) adapter.version = read_words(*node, "version", diagnostics);
  if (const YamlNode* node = reader.take("speaks")) adapter.speaks = read_features(*node, diagnostics);
  if (const YamlNode* node = reader.take("refuses"))
    for_each_scalar(*node, "refuses", diagnostics, [&](const YamlNode& word) {
      if (word.text == "loopback") adapter.refuses_loopback = true;
      else if (word.text == "udp_trackers") adapter.refuses_udp_trackers = true;
      else diagnostics.add(word.at, fmt::format("refuses: '{}' is unknown; a client may refuse loopback and udp_trackers", word.text));
    });
  if (const YamlNode* node = reader.take("tracker")) {
    adapter.is_tracker = true;
    adapter.leech = adapter.seed = read_words(*node, "tracker", diagnostics);
  }
  if (const YamlNode* node = reader.take("declares")) {
    if (adapter.is_tracker) read_tracker_declarations(*node, adapter, diagnostics);
    else adapter.declares = read_declarations(*node, diagnostics);
  }
  if (const YamlNode* node = reader.take("settings")) adapter.settings = read_setting_maps(*node, diagnostics);
  if (const YamlNode* node = reader.take("environment")) adapter.environment = read_texts(*node, "environment", diagnostics);
  if (const YamlNode* node = reader.take("files")) adapter.files = read_texts(*node, "files", diagnostics);
  if (const YamlNode* node = reader.take("prepare")) adapter.prepare = read_commands(*node, "prepare", diagnostics);
  if (adapter.is_tracker) refuse_what_is_for_clients(reader, diagnostics);
  else if (const YamlNode* node = reader.require("leech", "leech: [program, --dir, '{dir}', '{source}']"))
    adapter.leech = adapter.seed = read_words(*node, "leech", diagnostics);
  if (const YamlNode* node = reader.take("seed")) adapter.seed = read_words(*node, "seed", diagnostics);
  if (const YamlNode* node = reader.take("add")) adapter.add = read_commands(*node, "add", diagnostics);
  using Kind = Probe::Kind;
  constexpr std::array when_ready{Kind::port, Kind::file, Kind::log};
  constexpr std::array when_complete{Kind::file, Kind::log, Kind::exit};
  if (const YamlNode* node = reader.take("ready"))
    adapter.ready = read_probe(*node, "ready", adapter.ready.within, when_ready, diagnostics);
  if (const YamlNode* node = reader.take("complete")) adapter.complete = read_probe(*node, "complete", {}, when_complete, diagnostics);
  if (const YamlNode* node = reader.take("stop")) read_stop(*node, adapter, diagnostics);
  if (const YamlNode* node = reader.take("log")) read_log(*node, adapter, diagnostics);
  reader.finish();
  const std::pair<std::string_view, std::vector<Words>> commands[]{{"prepare", adapter.prepare}, {"seed", {adapter.seed}},
                                                                   {"leech", {adapter.leech}}, {"tracker", {adapter.leech}},
                                                                   {"add", adapter.add}};
  const std::vector<std::string> names = placeholder_names(adapter);
  for (const auto& [key, lines] : commands)
    for (const Words& words : lines)
      if (const YamlNode* node = root->find(key)) find_slips(names, words, node->at, diagnostics);
  if (const YamlNode* node = root->find("version")) find_slips({"here"}, adapter.version, node->at, diagnostics);
  if (!diagnostics.empty()) return std::nullopt;
  return adapter;
}

}  // namespace swarmlab::swarmsim
