// Diagnostics: everything that is wrong with a scenario file, said at once and with its place.
//
// Wording: what stands there and is wrong, then what would be right.  "limit: a bare number (40); a time has a
// unit: 40 s, 40 ms, 40 min".  What is quoted from the file is made fit to be shown: control characters are
// spelt out, endless words and endless messages are cut.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace swarmlab::swarmsim {

struct KeyLog;

// Line and column from 1; line 0 is the file as a whole.
struct Position {
  int line = 0;
  int column = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

struct Diagnostic {
  Position at;
  std::string what;
  friend auto operator<=>(const Diagnostic&, const Diagnostic&) = default;
};

// One line of printable text, of bounded length.
std::string showable(std::string_view text);

class Diagnostics {
 public:
  // What comes after this many is counted only: nobody reads the hundredth error.
  static constexpr std::size_t kMost = 50;

  void add(Position at, std::string_view what) {
    if (list_.size() < kMost) list_.push_back({at, showable(what)});
    else ++left_out_;
  }
  bool empty() const { return list_.empty(); }
  std::size_t left_out() const { return left_out_; }
  // In the order of their places.
  std::vector<Diagnostic> sorted() const;

  // From now on who reads maps writes down what it asks of them; `log` outlives the parsing.
  void log_keys(KeyLog& log) { key_log_ = &log; }
  KeyLog* key_log() { return key_log_; }   // null where nobody wants to know

 private:
  std::vector<Diagnostic> list_;
  std::size_t left_out_ = 0;
  KeyLog* key_log_ = nullptr;
};

// "file:3:7: what"
std::string to_string(const std::string& file, const Diagnostic& diagnostic);
// All of them, one line each, with the number of those left out; without a newline at the end.
std::string describe(const std::string& file, const Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
