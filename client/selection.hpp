// Selection: which files of a torrent are wanted, and how much.
//
// Rules come from the user, in order; the last one that matches a file decides.
//
//   GLOB            fetch it.  As soon as there is one such rule, files that no rule matches are skipped.
//   GLOB=PRIORITY   skip, low, normal or high.
//
// A glob without '/' is compared with a file's own name, one with '/' with its path below the torrent's name: '?' is one
// character and '*' any number of them, but never '/'; '**' is any number of any characters.
//
// A piece has the highest priority of the files it touches.  So where a wanted file borders on a skipped one, the piece
// between them is fetched whole, and its part of the skipped file is written where it belongs: that file appears, sparse and
// with its first or last bytes only.  (The other way, a file of parts beside the content, would have each of those bytes
// twice in the end, and a second truth for resume data and checks to follow.)
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/metainfo.hpp"

namespace swarmlab::client {

enum class Priority : std::uint8_t { skip, low, normal, high };
std::string_view to_string(Priority priority);
std::optional<Priority> parse_priority(std::string_view word);

struct SelectRule {
  std::string glob;
  Priority priority = Priority::normal;
  bool skips_others = false;                 // written without a priority
  friend bool operator==(const SelectRule&, const SelectRule&) = default;
};
// "*.mkv", "extras/**=skip"; the error is ready to be printed.
std::expected<SelectRule, std::string> parse_select_rule(std::string_view text);

bool matches_glob(std::string_view glob, std::string_view text);
// `path` is below the torrent's name, or the name of a torrent that is one file.
bool glob_names_file(std::string_view glob, std::string_view path);

// Numbers of the files that a glob matches, without pads.
std::vector<std::uint32_t> matching_files(const protocol::Metainfo& metainfo, std::string_view glob);

// Of each file; pads have one, too, and it means nothing.
std::vector<Priority> file_priorities(const protocol::Metainfo& metainfo, const std::vector<SelectRule>& rules);

// What a user wants of a torrent: rules, and above them what was said of single files, by their numbers in the torrent.
struct Selection {
  std::vector<SelectRule> rules;
  std::map<std::uint32_t, Priority> files;
  bool empty() const { return rules.empty() && files.empty(); }
  friend bool operator==(const Selection&, const Selection&) = default;
};
std::vector<Priority> file_priorities(const protocol::Metainfo& metainfo, const Selection& selection);

// Why these rules leave nothing to fetch of this torrent, with what was asked for and some of what there is; empty where they
// leave something.
std::string why_nothing_is_wanted(const protocol::Metainfo& metainfo, const std::vector<SelectRule>& rules);

struct PiecePriorities {
  protocol::Bitfield wanted;
  // The wanted pieces, the most urgent first; each set disjoint from the others and not empty.
  std::vector<protocol::Bitfield> levels;
};
PiecePriorities piece_priorities(const protocol::Metainfo& metainfo, const std::vector<Priority>& files);

}  // namespace swarmlab::client
