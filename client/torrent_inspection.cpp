// What a torrent tells about itself when asked.
#include "client/torrent.hpp"

#include <algorithm>

namespace swarmlab::client {

TorrentStatus Torrent::status() const {
  TorrentStatus status;
  status.state = state_;
  status.error = error_;
  status.pieces_total = metainfo_ != nullptr ? metainfo_->geometry.piece_count() : 0;
  status.left = metainfo_ != nullptr ? metainfo_->geometry.total() : kUnknownLeft;
  if (download_ != nullptr) {
    status.pieces_have = download_->have().count();
    status.left = download_->left();
    status.downloaded = download_->downloaded();
    status.wasted = download_->wasted();
  }
  if (upload_ != nullptr) status.uploaded = upload_->uploaded();
  const Time now = outside_.clock.now();
  status.peers = static_cast<std::uint32_t>(peers_.count_if([&](const Peer& peer) {
    if (!peer.is_ready) return false;
    status.upload_rate = status.upload_rate + peer.takes.rate(now);
    status.download_rate = status.download_rate + peer.gives.rate(now);
    return true;
  }));
  status.swarm_seeds = swarm_seeds_;
  status.swarm_leechers = swarm_leechers_;
  status.swarm_downloads = swarm_downloads_;
  status.seeds = static_cast<std::uint32_t>(peers_.count_if([](const Peer& peer) { return peer.is_seed(); }));
  return status;
}

TorrentDescription Torrent::describe() const {
  if (metainfo_ == nullptr) {
    return {options_.magnet->name.value_or(to_string(info_hash_)), info_hash_, options_.directory, {}, {}, 0};
  }
  const protocol::PieceGeometry& geometry = metainfo_->geometry;
  return {metainfo_->name, metainfo_->info_hash,    options_.directory,
          geometry.total(), geometry.piece_length(), geometry.piece_count()};
}

std::vector<PeerStatus> Torrent::peers() const {
  const Time now = outside_.clock.now();
  std::vector<PeerStatus> all;
  peers_.for_each([&](const Peer& peer) {
    PeerStatus& status = all.emplace_back();
    status.key = peer.key;
    status.endpoint = peer.endpoint;
    status.by = peer.initiator;
    status.connected = now - peer.since;
    status.is_ready = peer.is_ready;
    if (!peer.is_ready) return;
    status.id = peer.id;
    status.client = peer.client;
    status.pieces = peer.pieces.count();
    status.is_seed = peer.is_seed();
    status.am_interested = peer.am_interested;
    status.peer_choking = peer.peer_choking;
    status.is_snubbed = peer.is_snubbed;
    status.am_choking = peer.am_choking;
    status.peer_interested = peer.peer_interested;
    status.download_rate = peer.gives.rate(now);
    status.upload_rate = peer.takes.rate(now);
    status.downloaded = peer.gives.total();
    status.uploaded = peer.takes.total();
    status.interesting = peer.interesting;
    status.requests_open = static_cast<std::uint32_t>(peer.open.size());
    status.requests_late = static_cast<std::uint32_t>(peer.late.size());
    status.requests_queued = static_cast<std::uint32_t>(peer.queue.size());
    status.reading = peer.reading;
    status.silent = now - peer.wire.last_received();
    status.since_sent = now - peer.wire.last_sent();
    status.round_trip = peer.wire.round_trip_time();
  });
  return all;
}

std::vector<FileProgress> Torrent::files() const {
  std::vector<FileProgress> all;
  if (metainfo_ == nullptr) return all;
  const protocol::PieceGeometry& geometry = metainfo_->geometry;
  const std::vector<Priority> priorities = file_priorities(*metainfo_, options_.select);
  for (std::uint32_t number = 0; number < priorities.size(); ++number) {
    const protocol::FileEntry& entry = metainfo_->files[number];
    if (entry.is_pad) continue;
    FileProgress& file = all.emplace_back();
    file.number = number;
    file.length = entry.length;
    file.priority = priorities[number];
    for (const std::string& element : entry.path) file.path += (file.path.empty() ? "" : "/") + element;
    const ByteCount end = entry.offset + entry.length;
    for (ByteCount at = entry.offset; at < end && download_ != nullptr;) {
      const PieceIndex piece(static_cast<std::uint32_t>(at.value() / geometry.piece_length().value()));
      const ByteCount next = std::min(end, geometry.offset_of(piece) + geometry.length_of(piece));
      if (download_->has(piece)) file.have += next - at;
      at = next;
    }
  }
  return all;
}

PiecesStatus Torrent::pieces() const {
  if (download_ != nullptr) return download_->pieces();
  const std::uint32_t count = metainfo_ != nullptr ? metainfo_->geometry.piece_count() : 0;
  return {std::vector(count, PieceState::missing), std::vector<std::uint32_t>(count, 0)};
}

}  // namespace swarmlab::client
