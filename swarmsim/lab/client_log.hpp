// ClientLog: what one client of a lab run printed and logged, line by line, with the times of the run.
//
// A line is of the moment at which it was read, a fraction of a second after it was written.  A client that keeps its words to
// itself for a while (as C's stdio does for a file) is better believed when its lines tell the time themselves: the adapter's
// `log: { time: '[%Y-%m-%d %H:%M:%S.%f]' }`, strptime's words, and %f for a fraction of a second.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

struct LogLine {
  Time at{};
  std::string text;
};

class ClientLog {
 public:
  static constexpr std::size_t kMostLines = 20'000;   // older ones are forgotten
  static constexpr std::size_t kLongestLine = 200;    // the rest is left out

  // `files`: templates filled in; they need not be there yet.  `time_pattern` "": lines do not tell.
  ClientLog(std::vector<std::string> files, std::string time_pattern);

  // Takes in what has been written since, a bounded part of it each time.
  void read(Time now, WallTime wall_now);
  // By time, the latest before `to` last.
  std::vector<LogLine> between(Time from, Time to) const;

 private:
  struct File {
    std::string path;
    std::size_t read = 0;                 // so many bytes of it
    std::string begun;                    // a line without its end
  };
  void take(std::string_view line, Time now, WallTime wall_now);

  std::vector<File> files_;
  std::string time_pattern_;
  std::deque<LogLine> lines_;
};

// The local time that a line tells by a pattern, at its beginning; what the pattern leaves out (the day) is as of `now`.
std::optional<WallTime> time_told(const std::string& line, const std::string& pattern, WallTime now);

// The log of a peer by its name.
struct NamedLog {
  std::string_view name;
  const ClientLog* log;
};
// Puts into a check's story what those of whom it tells said around its last moment, a few lines.  `otherwise`: the
// moment of a story that names none.
void tell_what_was_logged(std::vector<std::string>& story, std::string_view summary, Time otherwise, const std::vector<NamedLog>& logs);

}  // namespace swarmlab::swarmsim
