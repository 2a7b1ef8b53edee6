// show, magnet: what a torrent file says, for people, programs and other clients.
#pragma once

#include <string>
#include <vector>

#include "protocol/metainfo.hpp"

namespace swarmlab::torrentgen {

// The contract of `show --json`: name, info_hash_v1, info_hash_v2 (null), total_size, piece_length, piece_count,
// private, files [{path [..], length}], trackers [[..]], web_seeds [..]; then comment, source, created_by and
// creation_date (null where absent), multi_file, warnings.  A path begins with the torrent's name, as a client
// stores it; pad files (BEP 47) have "pad": true.  One line without its end.
std::string to_json(const protocol::DecodedMetainfo& torrent);
std::string to_text(const protocol::DecodedMetainfo& torrent);

// One line, one JSON object: {"error": what}.
std::string error_json(std::string_view what);

std::string magnet_link(const protocol::Metainfo& torrent);

}  // namespace swarmlab::torrentgen
