#include "swarmsim/lab/adapter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/lab/setting_units.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array<std::string_view, 12> kCommon{"dir", "harmless_torrent", "here", "home", "info_hash", "interval", "listen_ip",
                                                   "name", "port", "source", "torrent", "tracker"};
constexpr std::string_view kSettingsWord = "{settings}";

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

}  // namespace

std::vector<std::string> placeholder_names(const Adapter& adapter) {
  std::vector<std::string> names(kCommon.begin(), kCommon.end());
  for (const SettingMap& setting : adapter.settings) names.push_back(setting.name);
  return names;
}

bool is_told_interval(const Adapter& tracker) {
  return std::ranges::any_of(tracker.leech, [](const std::string& word) { return word.contains("{interval}"); });
}

std::string expand(std::string_view text, std::span<const std::string> names, const Placeholders& values) {
  std::string expanded;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '{') {
      std::size_t end = at + 1;
      while (end < text.size() && is_name_character(text[end])) ++end;
      const std::string_view name = text.substr(at + 1, end - at - 1);
      if (end < text.size() && text[end] == '}' && std::ranges::find(names, name) != names.end()) {
        if (const auto value = values.find(name); value != values.end()) expanded += value->second;
        at = end + 1;
        continue;
      }
    }
    expanded += text[at++];
  }
  return expanded;
}

Words expand(const Words& words, std::span<const std::string> names, const Placeholders& values, const Words& settings) {
  Words expanded;
  for (const std::string& word : words) {
    if (word == kSettingsWord) {
      expanded.insert(expanded.end(), settings.begin(), settings.end());
      continue;
    }
    std::string text = expand(word, names, values);
    if (!text.empty()) expanded.push_back(std::move(text));
  }
  return expanded;
}

MappedSettings map_settings(const Adapter& adapter, std::span<const std::pair<std::string, std::string>> stated) {
  MappedSettings mapped;
  for (const auto& [name, value] : stated)
    if (std::ranges::find(adapter.settings, name, &SettingMap::name) == adapter.settings.end()) mapped.unmapped.push_back(name);
  for (const SettingMap& setting : adapter.settings) {
    const auto given = std::ranges::find(stated, setting.name, &std::pair<std::string, std::string>::first);
    const std::string& text = given == stated.end() ? setting.by_default : given->second;
    if (text.empty()) continue;
    auto value = setting.values.contains(text) ? setting.values.at(text) : in_unit(text, setting.unit);
    if (!value) {
      mapped.unmapped.push_back(setting.name);
      continue;
    }
    if (setting.less > 0)
      if (const auto number = parse_count(*value, ~std::uint64_t{0} / 2))
        *value = fmt::format("{}", *number - std::min(*number, setting.less));
    const std::array<std::string, 1> names{"value"};
    for (const std::string& word : setting.words)
      if (std::string filled = expand(word, names, {{"value", *value}}); !filled.empty()) mapped.words.push_back(std::move(filled));
    mapped.values.emplace(setting.name, std::move(*value));
  }
  return mapped;
}

}  // namespace swarmlab::swarmsim
