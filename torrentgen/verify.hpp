// verify: is the content on disk what a torrent says?
//
// PATH is what `create` was given: the file, or the directory that holds the files.  Where there is nothing of
// the torrent in that directory, the place below it that has the torrent's name is taken: a download directory.
//
// Every piece is hashed, and every file looked at: missing, shorter, longer or of another kind than said.  A bad
// piece is blamed on the files in it, but not on a whole file that shares it with a missing or short one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/metainfo.hpp"
#include "torrentgen/env.hpp"

namespace swarmlab::torrentgen {

struct FileProblem {
  enum class Kind : std::uint8_t { missing, no_file, too_short, too_long, corrupt, unreadable } kind;
  std::size_t file = 0;                      // in the torrent
  ByteCount found;                           // too_short, too_long: its size on disk
  std::vector<std::size_t> pieces;           // corrupt, unreadable: its bad pieces
};
std::string_view to_string(FileProblem::Kind kind);

struct Verification {
  std::string root;                          // what PATH was taken for
  std::vector<std::size_t> bad_pieces;       // ascending; wrong or not to be read
  std::vector<FileProblem> problems;         // in the torrent's order
  bool is_good() const { return bad_pieces.empty() && problems.empty(); }
  bool is_unreadable() const;                // something could not be read though it is there
};

Verification verify(const protocol::Metainfo& torrent, const std::string& path, std::size_t threads, Env& env);

std::string to_text(const protocol::Metainfo& torrent, const Verification& verification);
std::string to_json(const protocol::Metainfo& torrent, const Verification& verification);

}  // namespace swarmlab::torrentgen
