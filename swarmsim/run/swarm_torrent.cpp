#include "swarmsim/run/swarm_torrent.hpp"

#include <fmt/format.h>

#include "protocol/assert.hpp"
#include "protocol/hash/sha1.hpp"
#include "runtime/random.hpp"
#include "swarmsim/run/addresses.hpp"
#include "swarmsim/run/misleading_torrent.hpp"

namespace swarmlab::swarmsim {
namespace {

std::vector<Sha1Digest> piece_hashes(Bytes content, ByteCount piece_length) {
  std::vector<Sha1Digest> hashes;
  for (std::size_t at = 0; at < content.size(); at += piece_length.size())
    hashes.push_back(protocol::sha1(content.subspan(at, std::min(piece_length.size(), content.size() - at))));
  return hashes;
}

protocol::NewTorrent torrent_without_hashes(const TorrentSpec& spec) {
  protocol::NewTorrent torrent;
  torrent.name = "content";
  torrent.piece_length = spec.piece_length;
  torrent.is_private = spec.is_private;
  for (const TorrentSpec::File& file : spec.files) torrent.files.push_back({.path = file.path, .length = file.size});
  return torrent;
}

struct Encoded {
  std::vector<std::byte> file;
  protocol::Metainfo metainfo;   // with harmless names
  std::vector<std::byte> harmless_info = {};
};
Encoded encoded(protocol::NewTorrent torrent, const TorrentSpec& spec) {
  std::vector<std::byte> file = protocol::encode_metainfo(torrent);
  auto decoded = protocol::decode_metainfo(file);
  SWARM_ASSERT(decoded.has_value(), decoded.has_value() ? "" : to_string(decoded.error()));
  if (!spec.misleads()) return {std::move(file), std::move(decoded->metainfo)};
  for (std::size_t i = 0; i < spec.files.size(); ++i) {
    if (!spec.files[i].told_as.empty()) torrent.files[i].path = spec.files[i].told_as;
    torrent.files[i].link_to = spec.files[i].link_to;
  }
  file = protocol::encode_metainfo(torrent);
  std::vector<std::byte> harmless_info = decoded->metainfo.info;
  auto renamed = with_harmless_names(file, std::move(decoded->metainfo));
  SWARM_ASSERT(renamed.has_value(), renamed.has_value() ? "" : renamed.error());
  return {std::move(file), std::move(*renamed), std::move(harmless_info)};
}

std::string identity_of(std::uint64_t seed) { return fmt::format("content of seed {}", seed); }

SwarmTorrent finished(const Scenario& scenario, std::vector<Sha1Digest> hashes, TrueContent content) {
  protocol::NewTorrent torrent = torrent_without_hashes(scenario.torrent);
  torrent.piece_hashes = std::move(hashes);
  for (const TrackerSpec& tracker : scenario.trackers) {   // in the order of their tiers
    const bool is_of_new_tier = torrent.trackers.empty() || tracker.tier != (&tracker - 1)->tier;
    if (is_of_new_tier) torrent.trackers.emplace_back();
    torrent.trackers.back().push_back(announce_url(tracker));
  }
  Encoded all = encoded(std::move(torrent), scenario.torrent);
  return {std::make_shared<const protocol::Metainfo>(std::move(all.metainfo)), std::move(content), std::move(all.file),
          std::move(all.harmless_info)};
}

}  // namespace

protocol::Magnet magnet_of(const protocol::Metainfo& torrent) {
  protocol::Magnet link{.info_hash = torrent.info_hash, .name = torrent.name};
  for (const auto& tier : torrent.trackers) link.trackers.insert(link.trackers.end(), tier.begin(), tier.end());
  return link;
}

std::string announce_url(const TrackerSpec& tracker) {
  return fmt::format("{}://{}:{}/announce", tracker.kind == TrackerKind::udp ? "udp" : "http", tracker.name, kTrackerPort);
}

std::string path_on_disk(const protocol::FileEntry& file) {
  std::string path(kDownloads);
  for (const std::string& element : file.path) path += fmt::format("/{}", element);
  return path;
}

ByteCount metadata_size(const Scenario& scenario) {
  protocol::NewTorrent torrent = torrent_without_hashes(scenario.torrent);
  torrent.piece_hashes.resize(protocol::PieceGeometry(scenario.torrent.total, scenario.torrent.piece_length).piece_count());
  return ByteCount::of(encoded(std::move(torrent), scenario.torrent).metainfo.info);
}

SwarmTorrent make_torrent(const Scenario& scenario, std::uint64_t seed, World& world) {
  if (scenario.content == ContentKind::bytes) return make_torrent_of_bytes(scenario, seed);
  const std::string identity = identity_of(seed);
  return finished(scenario, symbolic_piece_hashes(identity, scenario.torrent.total, scenario.torrent.piece_length),
                  TrueContent::symbolic(world.add_content(identity), scenario.torrent.total));
}

SwarmTorrent make_torrent_of_bytes(const Scenario& scenario, std::uint64_t seed) {
  std::vector<std::byte> bytes(scenario.torrent.total.size());
  runtime::Random(seed, identity_of(seed)).fill(bytes);
  std::vector<Sha1Digest> hashes = piece_hashes(bytes, scenario.torrent.piece_length);
  return finished(scenario, std::move(hashes), TrueContent::of_bytes(std::move(bytes)));
}

}  // namespace swarmlab::swarmsim
