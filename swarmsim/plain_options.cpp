#include "swarmsim/plain_options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/spelling.hpp"

namespace swarmlab::swarmsim {
namespace {

bool is_one_of(const std::vector<std::string_view>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::expected<PlainOptions, std::string> PlainOptions::parse(std::string_view command, std::span<const std::string> words,
                                                             const KnownOptions& known) {
  PlainOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with("-") || word == "-") {
      options.positional_.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.starts_with("--") ? word.substr(2, equals == std::string::npos ? equals : equals - 2) : word;
    if (is_one_of(known.flags, name) && equals == std::string::npos) {
      options.given_.emplace_back(name, "");
      continue;
    }
    if (!is_one_of(known.with_value, name)) {
      std::vector<std::string> names;
      for (const auto& list : {known.with_value, known.flags})
        for (const std::string_view one : list) names.push_back(fmt::format("--{}", one));
      return std::unexpected(fmt::format("{} has no option {}{}", command, word,
                                         suggestion(word, std::vector<std::string_view>(names.begin(), names.end()))));
    }
    if (equals == std::string::npos && i + 1 == words.size())
      return std::unexpected(fmt::format("{}: {} needs a value", command, word));
    options.given_.emplace_back(name, equals == std::string::npos ? words[++i] : word.substr(equals + 1));
  }
  return options;
}

bool PlainOptions::has(std::string_view name) const {
  return std::ranges::any_of(given_, [&](const auto& one) { return one.first == name; });
}

std::vector<std::string> PlainOptions::values(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : given_)
    if (key == name) values.push_back(value);
  return values;
}

std::optional<std::string> PlainOptions::value(std::string_view name) const {
  const auto all = values(name);
  return all.empty() ? std::nullopt : std::optional(all.back());
}

}  // namespace swarmlab::swarmsim
