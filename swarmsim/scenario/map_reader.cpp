#include "swarmsim/scenario/map_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/spelling.hpp"

namespace swarmlab::swarmsim {

MapReader::MapReader(const YamlNode& node, std::string what, Diagnostics& diagnostics)
    : node_(node), what_(std::move(what)), diagnostics_(diagnostics) {
  if (!is_map())
    diagnostics_.add(node.at, fmt::format("{}: {}; a map {{ key: value }} belongs here", what_, to_string(node.kind)));
  if (KeyLog* const keys = diagnostics_.key_log()) {
    logged_as_ = keys->maps.size();
    keys->maps.push_back({what_, {}});
  }
}

LoggedKey* MapReader::log(std::string_view key, KeyKind kind) {
  KeyLog* const keys = diagnostics_.key_log();
  if (keys == nullptr) return nullptr;
  LoggedKey& entry = keys->maps[logged_as_].key(key);
  if (kind != KeyKind::structure) entry.kind = kind;
  return &entry;
}

const YamlNode* MapReader::take(std::string_view key) {
  log(key);
  if (std::ranges::find(known_, key) == known_.end()) known_.push_back(key);
  return node_.find(key);
}

const YamlNode* MapReader::require(std::string_view key, std::string_view example) {
  const YamlNode* value = take(key);
  if (LoggedKey* const entry = log(key)) entry->is_required = true;
  if (value == nullptr && is_map())
    diagnostics_.add(node_.at, fmt::format("{}: '{}' is missing; for example {}", what_, key, example));
  return value;
}

const YamlNode* MapReader::scalar(std::string_view key) {
  const YamlNode* value = take(key);
  if (value == nullptr) return nullptr;
  if (value->kind == YamlNode::Kind::scalar) return value;
  diagnostics_.add(value->at, fmt::format("{}: {}; a single value belongs here", key, to_string(value->kind)));
  return nullptr;
}

void MapReader::complain(const YamlNode& value, std::string_view key, std::string_view what) {
  diagnostics_.add(value.at, fmt::format("{}: {}", key, what));
}

std::optional<std::string> MapReader::text(std::string_view key) {
  log(key, KeyKind::text);
  const YamlNode* value = scalar(key);
  if (value == nullptr) return std::nullopt;
  return value->text;
}

std::optional<bool> MapReader::flag(std::string_view key) {
  log(key, KeyKind::flag);
  const YamlNode* value = scalar(key);
  if (value == nullptr) return std::nullopt;
  if (value->text == "true") return true;
  if (value->text == "false") return false;
  complain(*value, key, fmt::format("'{}'; it is true or false", value->text));
  return std::nullopt;
}

std::optional<std::uint64_t> MapReader::count(std::string_view key, std::uint64_t most) {
  if (LoggedKey* const entry = log(key, KeyKind::count)) entry->most = most;
  const YamlNode* value = scalar(key);
  if (value == nullptr) return std::nullopt;
  const auto parsed = parse_count(value->text, most);
  if (parsed) return *parsed;
  complain(*value, key, parsed.error());
  return std::nullopt;
}

std::optional<std::size_t> MapReader::word(std::string_view key, std::span<const std::string_view> words) {
  if (LoggedKey* const entry = log(key, KeyKind::word)) entry->words.assign(words.begin(), words.end());
  const YamlNode* value = scalar(key);
  if (value == nullptr) return std::nullopt;
  const auto found = std::ranges::find(words, std::string_view(value->text));
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  complain(*value, key, fmt::format("'{}' is unknown{}", value->text, suggestion(value->text, words)));
  return std::nullopt;
}

void MapReader::not_supported_yet(std::span<const std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (node_.find(key) == nullptr) continue;
    const auto at = std::ranges::find(node_.keys, key) - node_.keys.begin();
    diagnostics_.add(node_.key_at[static_cast<std::size_t>(at)],
                     fmt::format("{}: '{}' is not supported yet by this version", what_, key));
    take(key);
  }
}

void MapReader::finish() {
  for (std::size_t i = 0; i < node_.keys.size(); ++i) {
    if (std::ranges::find(known_, std::string_view(node_.keys[i])) != known_.end()) continue;
    diagnostics_.add(node_.key_at[i], fmt::format("{}: '{}' is no key here{}", what_, node_.keys[i],
                                                  suggestion(node_.keys[i], known_)));
  }
}

void for_each_scalar(const YamlNode& node, const std::string& what, Diagnostics& diagnostics,
                     const std::function<void(const YamlNode&)>& each) {
  if (node.kind == YamlNode::Kind::scalar) return each(node);
  if (node.kind != YamlNode::Kind::list) {
    diagnostics.add(node.at, fmt::format("{}: {}; a value or a list of values belongs here", what,
                                         to_string(node.kind)));
    return;
  }
  for (const YamlNode& item : node.items) {
    if (item.kind == YamlNode::Kind::scalar) each(item);
    else diagnostics.add(item.at, fmt::format("{}: {} inside of a list of single values", what, to_string(item.kind)));
  }
}

}  // namespace swarmlab::swarmsim
