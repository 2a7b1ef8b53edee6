// Torrent files on disk: read whole and decoded, or written so that nobody ever sees half of one.
#pragma once

#include <expected>
#include <string>

#include "protocol/metainfo.hpp"
#include "torrentgen/failure.hpp"

namespace swarmlab::torrentgen {

// Refuses what is over kMaxTorrentFileBytes before reading it.
std::expected<protocol::DecodedMetainfo, Failure> read_torrent(const std::string& path);

// Writes a temporary file beside `path`, makes it durable, and renames it.
std::expected<void, Failure> write_torrent(const std::string& path, Bytes content);

}  // namespace swarmlab::torrentgen
