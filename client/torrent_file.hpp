// What a user names to be shared: a torrent file of this machine, or a magnet link.
//
// Read at once: at the start, for `add` and by the watch folder.  Blocks for as long as a file takes, which is at most
// protocol::kMaxTorrentFileBytes long; for the program's edge, not for the engine.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/selection.hpp"
#include "protocol/magnet.hpp"
#include "protocol/metainfo.hpp"

namespace swarmlab::client {

// A torrent, or a magnet link with what an earlier run learnt of it; one of the two is there.
struct Given {
  std::shared_ptr<const protocol::Metainfo> metainfo;
  std::optional<protocol::Magnet> magnet;
  std::vector<std::string> warnings;            // of a torrent file that is right, but odd
  // As selection.hpp's; empty where the metadata is not here yet, either.
  std::string why_nothing_is_wanted(const std::vector<SelectRule>& rules) const {
    return metainfo != nullptr ? client::why_nothing_is_wanted(*metainfo, rules) : std::string();
  }
  const InfoHashV1& info_hash() const { return metainfo != nullptr ? metainfo->info_hash : magnet->info_hash; }
};

// The error is ready to be printed, and names the source.
std::expected<Given, std::string> given_by(const std::string& source, const std::string& state_directory);

}  // namespace swarmlab::client
