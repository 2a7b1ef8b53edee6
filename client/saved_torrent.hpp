// Torrent files that the client writes: what a magnet link stood for.
//
// One goes where --save-torrent says; one into the state directory, under the torrent's hash, so that the link need not be
// resolved again.  Written beside and renamed: whoever reads it finds a whole file or none.  Blocking; for the program's
// edge, not for the engine.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "protocol/magnet.hpp"
#include "protocol/metainfo.hpp"

namespace swarmlab::client {

// The error is ready to be printed: "x/y.torrent: Permission denied".
std::expected<void, std::string> save_torrent(const std::string& path, const protocol::Metainfo& torrent);

// "0123...cdef.torrent" in the state directory.
std::string saved_torrent_path(const std::string& state_directory, const InfoHashV1& info_hash);

// What an earlier run saved of this link, with the link's own trackers where it has some; nullptr where there is nothing, or
// nothing that is right.
std::shared_ptr<const protocol::Metainfo> recall_torrent(const std::string& state_directory, const protocol::Magnet& magnet);

}  // namespace swarmlab::client
