#include "client/selection.hpp"

#include <algorithm>
#include <array>

#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace {

constexpr std::array kPriorities{Priority::skip, Priority::low, Priority::normal, Priority::high};

// Below the torrent's name; of a torrent that is one file, its name.
std::string path_below(const protocol::FileEntry& file) {
  if (file.path.size() == 1) return file.path.front();
  std::string path;
  for (std::size_t i = 1; i < file.path.size(); ++i) path += (i > 1 ? "/" : "") + file.path[i];
  return path;
}

bool matches(std::string_view glob, const protocol::FileEntry& file) { return glob_names_file(glob, path_below(file)); }

}  // namespace

std::string_view to_string(Priority priority) {
  switch (priority) {
    case Priority::skip: return "skip";
    case Priority::low: return "low";
    case Priority::normal: return "normal";
    case Priority::high: return "high";
  }
  return "?";
}

std::optional<Priority> parse_priority(std::string_view word) {
  const auto known = std::ranges::find(kPriorities, word, [](Priority p) { return to_string(p); });
  return known == kPriorities.end() ? std::nullopt : std::optional(*known);
}

std::expected<SelectRule, std::string> parse_select_rule(std::string_view text) {
  SelectRule rule{.glob = std::string(text), .priority = Priority::normal, .skips_others = true};
  if (const auto sign = text.rfind('='); sign != std::string_view::npos) {
    const std::string_view word = text.substr(sign + 1);
    const auto known = parse_priority(word);
    if (!known) {
      return std::unexpected("'" + std::string(word) + "' is none of skip, low, normal, high");
    }
    rule = {.glob = std::string(text.substr(0, sign)), .priority = *known, .skips_others = false};
  }
  if (rule.glob.empty()) return std::unexpected("'" + std::string(text) + "' names no file; write '*.mkv' or 'extras/**=skip'");
  return rule;
}

// Of the stars met so far only the last can need another try: what an earlier one takes more, it could have taken
// itself.  That holds for '*' and '**' apart; a '*' that must not pass a '/' gives the turn back to the last '**'.
bool matches_glob(std::string_view glob, std::string_view text) {
  struct Retry { std::size_t glob = std::string_view::npos; std::size_t text = 0; };
  Retry star, double_star;
  std::size_t g = 0;
  std::size_t t = 0;
  for (;;) {
    if (g == glob.size() && t == text.size()) return true;
    if (glob.substr(g, 2) == "**") {
      g += 2;
      double_star = {g, t};
      star = {};
      continue;
    }
    if (g < glob.size() && glob[g] == '*') {
      star = {++g, t};
      continue;
    }
    if (g < glob.size() && t < text.size() && (glob[g] == text[t] || (glob[g] == '?' && text[t] != '/'))) {
      ++g;
      ++t;
      continue;
    }
    if (star.glob != std::string_view::npos && star.text < text.size() && text[star.text] != '/') {
      g = star.glob;
      t = ++star.text;
      continue;
    }
    if (double_star.glob == std::string_view::npos || double_star.text >= text.size()) return false;
    g = double_star.glob;
    t = ++double_star.text;
    star = {};
  }
}

bool glob_names_file(std::string_view glob, std::string_view path) {
  const bool has_folder = glob.find('/') != std::string_view::npos || glob.find("**") != std::string_view::npos;
  return matches_glob(glob, has_folder ? path : path.substr(path.rfind('/') + 1));
}

std::vector<std::uint32_t> matching_files(const protocol::Metainfo& metainfo, std::string_view glob) {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < metainfo.files.size(); ++i) {
    if (!metainfo.files[i].is_pad && matches(glob, metainfo.files[i])) numbers.push_back(i);
  }
  return numbers;
}

std::vector<Priority> file_priorities(const protocol::Metainfo& metainfo, const std::vector<SelectRule>& rules) {
  const Priority otherwise = std::ranges::any_of(rules, &SelectRule::skips_others) ? Priority::skip : Priority::normal;
  std::vector<Priority> priorities(metainfo.files.size(), otherwise);
  for (std::size_t i = 0; i < priorities.size(); ++i) {
    for (const SelectRule& rule : rules) {
      if (matches(rule.glob, metainfo.files[i])) priorities[i] = rule.priority;
    }
  }
  return priorities;
}

std::vector<Priority> file_priorities(const protocol::Metainfo& metainfo, const Selection& selection) {
  std::vector<Priority> priorities = file_priorities(metainfo, selection.rules);
  for (const auto& [file, priority] : selection.files) {
    if (file < priorities.size()) priorities[file] = priority;
  }
  return priorities;
}

std::string why_nothing_is_wanted(const protocol::Metainfo& metainfo, const std::vector<SelectRule>& rules) {
  constexpr std::size_t kNamed = 3;
  const std::vector<Priority> priorities = file_priorities(metainfo, rules);
  std::size_t there = 0;
  std::string examples;
  for (std::size_t i = 0; i < priorities.size(); ++i) {
    const protocol::FileEntry& file = metainfo.files[i];
    if (file.is_pad) continue;
    if (priorities[i] != Priority::skip) return {};
    if (++there <= kNamed) examples += (there > 1 ? ", " : "") + ("'" + path_below(file) + "'");
  }
  std::string asked;
  for (const SelectRule& rule : rules) {
    asked += (asked.empty() ? "'" : ", '") + rule.glob + (rule.skips_others ? "'" : "=" + std::string(to_string(rule.priority)) + "'");
  }
  if (there > kNamed) examples += " and " + std::to_string(there - kNamed) + " more";
  return "--select " + asked + " leaves nothing to fetch; the torrent has " + examples;
}

PiecePriorities piece_priorities(const protocol::Metainfo& metainfo, const std::vector<Priority>& files) {
  SWARM_ASSERT(files.size() == metainfo.files.size(), files.size());
  const std::uint32_t count = metainfo.geometry.piece_count();
  const std::int64_t piece_length = metainfo.geometry.piece_length().value();
  std::vector<Priority> pieces(count, Priority::skip);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const protocol::FileEntry& file = metainfo.files[i];
    if (file.is_pad || file.length.value() == 0) continue;
    const auto last = static_cast<std::size_t>((file.offset + file.length - ByteCount(1)).value() / piece_length);
    for (auto piece = static_cast<std::size_t>(file.offset.value() / piece_length); piece <= last; ++piece) {
      pieces[piece] = std::max(pieces[piece], files[i]);
    }
  }
  PiecePriorities result{protocol::Bitfield(count), {}};
  for (const Priority level : {Priority::high, Priority::normal, Priority::low}) {
    protocol::Bitfield members(count);
    for (std::uint32_t piece = 0; piece < count; ++piece) {
      if (pieces[piece] != level) continue;
      members.set(PieceIndex(piece));
      result.wanted.set(PieceIndex(piece));
    }
    if (!members.none()) result.levels.push_back(std::move(members));
  }
  return result;
}

}  // namespace swarmlab::client
