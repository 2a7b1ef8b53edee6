// Torrent files (BEP 3, "metainfo files"; BEP 12 tiers, BEP 19 web seeds, BEP 27 private, BEP 47
// attributes).  v1 for now: v2 and hybrids come as further fields.
//
// decode_metainfo takes untrusted bytes.  It gives the torrent plus warnings for what is odd but
// harmless (unsorted keys, bytes after the end), or one error that names the key path and the byte
// offset.  The info-hash is taken over the raw bytes of `info`, never over a re-encoding.
//
// Paths are safe when decoding succeeded: relative, valid UTF-8, no empty, "." or ".." element, no '/',
// NUL or control character inside one, no element over 255 bytes, no two files equal, no file where
// another needs a directory (bug B77; torrent_files.hpp has the rules and their reasons).  Symbolic
// links and torrents without a single byte are refused.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/piece_geometry.hpp"
#include "protocol/units.hpp"

namespace swarmlab::protocol {

struct FileEntry {
  std::vector<std::string> path;   // below the download directory; begins with the torrent's name
  ByteCount length;
  ByteCount offset{};              // in the content: all files joined in order
  bool is_pad = false;             // BEP 47: reads as zeros, is never written
  bool is_executable = false;
  friend bool operator==(const FileEntry&, const FileEntry&) = default;
};

struct Metainfo {
  std::string name;
  InfoHashV1 info_hash;
  PieceGeometry geometry;
  std::vector<Sha1Digest> piece_hashes;              // geometry.piece_count() of them
  std::vector<FileEntry> files;                      // at least one
  bool is_multi_file = false;
  bool is_private = false;                           // inside info only (bug B71)
  std::optional<std::string> source;
  std::vector<std::vector<std::string>> trackers;    // tiers; `announce` alone gives one tier of one
  std::vector<std::string> web_seeds;
  std::optional<std::string> comment;
  std::optional<std::string> created_by;
  std::optional<std::int64_t> creation_date;         // seconds since 1970
  std::vector<std::byte> info;                       // the raw info dictionary
};

struct MetainfoError {
  std::size_t at = 0;          // byte offset in the file
  std::string where;           // key path: "info.files[3].path"
  std::string what;            // "is missing", "has an element '..' that leaves the directory", ...
};

struct DecodedMetainfo {
  Metainfo metainfo;
  std::vector<std::string> warnings;
};

inline constexpr ByteCount kMaxTorrentFileBytes = 64_MiB;
inline constexpr ByteCount kMaxPieceLength = 512_MiB;
inline constexpr std::uint32_t kMaxPieceCount = 1u << 23;   // so that its bitfield is a legal message

std::expected<DecodedMetainfo, MetainfoError> decode_metainfo(Bytes torrent_file);
// The same for an info dictionary that came by itself (BEP 9): the caller has checked its hash.
std::expected<DecodedMetainfo, MetainfoError> decode_info(Bytes info);

// What goes into a new torrent; encode_metainfo writes canonical bencode and is a function of its
// argument alone.  Requires one file at least, and piece_hashes that fit the lengths.
struct NewTorrent {
  std::string name;
  struct File {
    std::vector<std::string> path;                   // below `name`; empty: single-file
    ByteCount length;
    std::vector<std::string> link_to{};              // not empty: a symbolic link that leads there (BEP 47)
  };
  std::vector<File> files;
  ByteCount piece_length;
  std::vector<Sha1Digest> piece_hashes;
  bool is_private = false;
  std::optional<std::string> source{};
  std::vector<std::vector<std::string>> trackers{};
  std::vector<std::string> web_seeds{};
  std::optional<std::string> comment{};
  std::optional<std::string> created_by{};
  std::optional<std::int64_t> creation_date{};
};
std::vector<std::byte> encode_metainfo(const NewTorrent& torrent);
// A torrent file of a torrent that is known already (of a magnet link, say): its `info` as it stands.
std::vector<std::byte> encode_metainfo(const Metainfo& torrent);

std::string to_string(const MetainfoError& error);

}  // namespace swarmlab::protocol
