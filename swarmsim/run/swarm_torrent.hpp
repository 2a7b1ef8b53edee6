// The torrent of a run, made in memory: its metainfo and what its bytes are.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "protocol/magnet.hpp"
#include "protocol/metainfo.hpp"
#include "swarmsim/scenario/scenario.hpp"
#include "swarmsim/virtual/world.hpp"
#include "swarmsim/wire/true_content.hpp"

namespace swarmlab::swarmsim {

struct SwarmTorrent {
  std::shared_ptr<const protocol::Metainfo> metainfo;   // with harmless names (misleading_torrent.hpp)
  TrueContent content;
  std::vector<std::byte> file = {};   // the torrent file
  std::vector<std::byte> harmless_info = {};   // the info dictionary with those names; empty where nothing misleads
};

// The directory of every host's disk below which the files are.
inline constexpr std::string_view kDownloads = "downloads";
std::string path_on_disk(const protocol::FileEntry& file);

// What a link to the torrent says: the trackers are one after another.
protocol::Magnet magnet_of(const protocol::Metainfo& torrent);

// Where it is announced to, by its host's name.
std::string announce_url(const TrackerSpec& tracker);

// How long the raw info dictionary is, whatever the content (BEP 9).
ByteCount metadata_size(const Scenario& scenario);

// A function of scenario and seed alone.  Adds the content to `world` when it is symbolic.
SwarmTorrent make_torrent(const Scenario& scenario, std::uint64_t seed, World& world);
// The same as bytes, whatever the scenario says: for disks and networks that are real.
SwarmTorrent make_torrent_of_bytes(const Scenario& scenario, std::uint64_t seed);

}  // namespace swarmlab::swarmsim
