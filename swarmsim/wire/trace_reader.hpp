// TraceReader: a trace file, line by line, as the events that its run had.
//
// A file of a stranger: every line is judged before it is believed.  Events name hosts of the header and connections
// that were opened between those two, and never go back in time.  An error names file and line, what stands there
// and what would be right; after it nothing more can be read.
#pragma once

#include <expected>
#include <istream>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "swarmsim/wire/trace_event.hpp"
#include "swarmsim/wire/trace_format.hpp"

namespace swarmlab::swarmsim {

class TraceReader {
 public:
  // A line may be this long: a header with 20,000 peers of a large torrent is.
  static constexpr std::size_t kMostLine = 256u << 20;

  // Reads the header.  `in` outlives the reader; `name` is what errors call it.
  static std::expected<TraceReader, std::string> open(std::istream& in, std::string name);

  const TraceHeader& header() const { return header_; }
  // The next event (its views hold until the next call), or the end, after which nothing may be asked any more.
  std::expected<std::variant<WireEvent, TraceEnd>, std::string> next();
  // The number of the line that was read last, from 1, and its text.
  std::size_t line_number() const { return line_number_; }
  const std::string& line() const { return line_; }

 private:
  struct Pair { HostId dialler; HostId acceptor; bool is_open = false; };

  TraceReader(std::istream& in, std::string name) : in_(&in), name_(std::move(name)) {}
  // False at the end of the file.
  std::expected<bool, std::string> read_line();
  std::unexpected<std::string> wrong(std::string_view what) const;
  std::optional<std::string> problem_of(const WireEvent& event);

  std::istream* in_;
  std::string name_;
  std::string line_;
  std::size_t line_number_ = 0;
  TraceHeader header_;
  std::optional<TraceEventCodec> codec_;
  Time now_{};
  std::vector<Pair> connections_;   // by ConnectionId, as far as they were opened
};

}  // namespace swarmlab::swarmsim
