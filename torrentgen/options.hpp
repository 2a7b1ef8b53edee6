// The command lines of torrentgen, read into plain values.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/units.hpp"
#include "torrentgen/failure.hpp"
#include "torrentgen/file_walk.hpp"

namespace swarmlab::torrentgen {

struct CreateOptions {
  std::string path;
  std::string output;
  std::vector<std::vector<std::string>> trackers;   // one tier for each --announce
  std::vector<std::string> web_seeds;
  std::optional<ByteCount> piece_length;            // nullopt: automatic
  bool is_private = false;
  std::optional<std::string> comment;
  std::optional<std::string> source;
  std::optional<std::int64_t> date;                 // seconds since 1970
  Links links = Links::refuse;
  std::size_t threads = 0;                          // 0: one per processor
  bool overwrites = false;
  bool json = false;
};
struct ShowOptions { std::string torrent; bool json = false; };
struct VerifyOptions {
  std::string torrent;
  std::string path;
  std::size_t threads = 0;
  bool json = false;
};
struct MagnetOptions { std::string torrent; };
// To be printed, and nothing else done: help, or the version.
struct TextWanted { std::string text; };

using Options = std::variant<CreateOptions, ShowOptions, VerifyOptions, MagnetOptions, TextWanted>;

std::expected<Options, Failure> parse_options(const std::vector<std::string>& arguments);

// Whether the arguments ask for JSON, also where they are wrong otherwise: then the complaint is JSON too.
bool wants_json(const std::vector<std::string>& arguments);

}  // namespace swarmlab::torrentgen
