// The files of an info dictionary: from `name`, `length` and `files` to safe paths (BEP 3, BEP 47).
// Part of metainfo.hpp's decode; apart because what may become a path deserves a page of its own.
//
// Torrents that write outside of the download directory are the oldest attack there is (bug B77).
// So an element of a path is refused when it is empty, "." or "..", over 255 bytes, or has a '/', a
// NUL or a control character inside.  All else is a name: spaces, leading dots, "CON", any
// language.  A backslash separates nothing here; it is kept, with a warning for those who copy the
// files elsewhere. Bytes that are no UTF-8 become %XX (metainfo from before UTF-8 was agreed upon),
// unless the entry has a twin under "name.utf-8" or "path.utf-8" that is valid.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "protocol/bencode.hpp"
#include "protocol/metainfo.hpp"

namespace swarmlab::protocol {

struct TorrentFiles {
  std::string name;
  std::vector<FileEntry> files;
  bool is_multi_file = false;
  ByteCount total;
};

// `info` must be a dictionary.
std::expected<TorrentFiles, MetainfoError> read_files(const bencode::Node& info,
                                                      std::vector<std::string>& warnings);

// Appends `text`; past kMaxWarnings only that there are more, as a hostile torrent has one per
// value.
inline constexpr std::size_t kMaxWarnings = 50;
void add_warning(std::vector<std::string>& warnings, std::string text);

// Why `element` cannot be an element of a path ("is empty", ...); empty where it can.
std::string path_element_fault(std::string_view element);

}  // namespace swarmlab::protocol
