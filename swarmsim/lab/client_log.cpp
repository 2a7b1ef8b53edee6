#include "swarmsim/lab/client_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <fstream>
#include <iterator>

#include "protocol/text.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kAtOnce = 256 * 1024;      // bytes of a file that are read in one go
constexpr std::size_t kToldLines = 6;
constexpr Duration kBefore = 5s;                 // the moment of a story
constexpr Duration kAfter = 1s;
constexpr Duration kOldest = 60s;                // a line that tells of longer ago was not written now: it quotes something

// Digits at the beginning, taken off; nullopt where there are none.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// The clock with which a line of a story begins, as to_clock() writes it: 12:34.567.
std::optional<Time> clock_of(std::string_view line) {
  const auto minutes = take_number(line);
  if (!minutes || !line.starts_with(':')) return std::nullopt;
  line.remove_prefix(1);
  const auto seconds = take_number(line);
  if (!seconds || !line.starts_with('.')) return std::nullopt;
  line.remove_prefix(1);
  const auto thousandths = take_number(line);
  if (!thousandths) return std::nullopt;
  return kStart + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds) + std::chrono::milliseconds(*thousandths);
}

bool is_of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '[';
}

// As a whole word: "seed" is not in "seeder" nor in "seed[2]".
bool mentions(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const bool begins = at == 0 || !is_of_name(text[at - 1]);
    const std::size_t end = at + name.size();
    if (begins && (end == text.size() || !is_of_name(text[end]))) return true;
  }
  return false;
}

}  // namespace

ClientLog::ClientLog(std::vector<std::string> files, std::string time_pattern) : time_pattern_(std::move(time_pattern)) {
  for (std::string& file : files) files_.push_back({.path = std::move(file), .read = 0, .begun = {}});
}

void ClientLog::read(Time now, WallTime wall_now) {
  for (File& file : files_) {
    std::ifstream in(file.path, std::ios::binary);
    if (!in) continue;
    in.seekg(static_cast<std::streamoff>(file.read));
    std::string bytes(kAtOnce, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    file.read += bytes.size();
    for (const char c : bytes) {
      if (c != '\n' && c != '\r') {   // a status line that is written over and over ends with the latter
        if (file.begun.size() < kLongestLine) file.begun += c;
        continue;
      }
      take(file.begun, now, wall_now);
      file.begun.clear();
    }
  }
}

void ClientLog::take(std::string_view line, Time now, WallTime wall_now) {
  if (line.find_first_not_of(" \t") == std::string_view::npos) return;
  Time at = now;
  if (!time_pattern_.empty())
    if (const auto told = time_told(std::string(line), time_pattern_, wall_now); told && *told <= wall_now && wall_now - *told <= kOldest)
      at = std::max(kStart, now - (wall_now - *told));
  lines_.push_back({at, protocol::one_line(line, kLongestLine)});
  if (lines_.size() > kMostLines) lines_.pop_front();
}

std::vector<LogLine> ClientLog::between(Time from, Time to) const {
  std::vector<LogLine> found;
  std::ranges::copy_if(lines_, std::back_inserter(found), [&](const LogLine& line) { return from <= line.at && line.at <= to; });
  std::ranges::stable_sort(found, {}, &LogLine::at);
  return found;
}

std::optional<WallTime> time_told(const std::string& line, const std::string& pattern, WallTime now) {
  const std::time_t day = std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(now));
  std::tm fields{};
  localtime_r(&day, &fields);
  const std::size_t fraction = pattern.find("%f");
  const char* const rest = strptime(line.c_str(), pattern.substr(0, fraction).c_str(), &fields);
  if (rest == nullptr) return std::nullopt;
  fields.tm_isdst = -1;
  WallTime told = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::from_time_t(mktime(&fields)));
  if (fraction == std::string::npos) return told;
  Duration digit = 100ms;
  for (const char* at = rest; *at >= '0' && *at <= '9'; ++at, digit /= 10) told += (*at - '0') * digit;
  return told;
}

void tell_what_was_logged(std::vector<std::string>& story, std::string_view summary, Time otherwise, const std::vector<NamedLog>& logs) {
  std::optional<Time> moment;
  for (const std::string& line : story)
    if (const auto clock = clock_of(line)) moment = std::max(moment.value_or(kStart), *clock);
  const Time around = moment.value_or(otherwise);
  std::vector<LogLine> said;
  for (const NamedLog& one : logs) {
    const auto tells_of_it = [&](std::string_view text) { return mentions(text, one.name); };
    if (!tells_of_it(summary) && std::ranges::none_of(story, tells_of_it)) continue;
    for (LogLine& line : one.log->between(around - kBefore, around + kAfter))
      said.push_back({line.at, fmt::format("{} printed: {}", one.name, line.text)});
  }
  // Those nearest to it.
  std::ranges::stable_sort(said, {}, [&](const LogLine& line) { return line.at < around ? around - line.at : line.at - around; });
  if (said.size() > kToldLines) said.resize(kToldLines);
  std::ranges::stable_sort(said, {}, &LogLine::at);
  for (const LogLine& line : said) {
    const auto later = std::ranges::find_if(story, [&](const std::string& other) {
      const auto clock = clock_of(other);
      return clock && *clock > line.at;
    });
    story.insert(later, story_line(line.at, line.text));
  }
}

}  // namespace swarmlab::swarmsim
