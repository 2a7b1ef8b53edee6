// File walk: which files a torrent made of PATH has, in which order.
//
// A file gives a single-file torrent, a directory one of all files below it, also hidden and empty ones,
// ordered by the bytes of their paths ("a-b" < "a/b" < "aa"): the same tree gives the same torrent on every machine.  Empty
// directories leave no trace, since a torrent lists files only.
//
// Symbolic links below PATH are refused unless they are to be followed: a torrent quietly holding what a link points to
// surprises some, one quietly without it the others.  PATH itself may be a link.  Followed links that lead
// back to where they came from are an error, as are names that torrents cannot carry (no UTF-8, control characters), sockets,
// devices and what may not be read.  The first fault in path order is reported.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "protocol/units.hpp"

namespace swarmlab::torrentgen {

enum class Links : std::uint8_t { refuse, follow };

struct WalkedFile {
  std::vector<std::string> path;     // below PATH; empty where PATH itself is the file
  std::string on_disk;               // how to open it
  ByteCount length;
  std::int64_t modified_ns = 0;
};

struct Walk {
  std::string name;                  // the last element of PATH
  bool is_single_file = false;
  std::vector<WalkedFile> files;
  ByteCount total;
};

struct WalkError {
  enum class Kind : std::uint8_t {
    input,                           // the tree is not fit for a torrent
    environment,                     // it could not be read
  } kind = Kind::input;
  std::string what;                  // names the path
};

std::expected<Walk, WalkError> walk_files(const std::string& path, Links links);

// Whether a walked file is still what it was: same length, same time of change.
bool is_unchanged(const WalkedFile& file);

}  // namespace swarmlab::torrentgen
