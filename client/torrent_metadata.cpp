// A torrent's time before its metadata is known (BEP 9): who connects then, and what becomes of it.
#include <utility>

#include "client/torrent.hpp"

namespace swarmlab::client {

// Comes from within a peer's message: what is dropped here is destroyed when that event ends.
void Torrent::on_metadata(std::vector<std::byte> info) {
  auto decoded = protocol::decode_info(info);
  if (!decoded) {
    // What the hash names is no torrent: nobody lied, and nobody can help.
    fail("the metadata is no usable torrent: " + protocol::to_string(decoded.error()));
    return;
  }
  protocol::Metainfo& metainfo = decoded->metainfo;
  metainfo.trackers = trackers();
  metainfo.web_seeds = options_.magnet->web_seeds;
  know(std::make_shared<const protocol::Metainfo>(std::move(metainfo)));
  state_ = TorrentState::checking;
  emit(MetadataReceived{metainfo_->name, ByteCount::of(metainfo_->info), metainfo_->geometry.piece_count()});
  if (is_private()) keep_to_the_tracker();
  extensions_.refresh(peers_, handshake_facts());   // from now on others may fetch it from us
  // Nothing is made on disk for a slip of the keyboard.  (Files that were chosen one by one were chosen by their numbers.)
  if (const std::string why = why_nothing_is_wanted(*metainfo_, options_.select.rules); !why.empty() && options_.select.files.empty()) {
    fail(why);
    return;
  }
  check();
}

void Torrent::on_metadata_liar(PeerKey key) {
  if (const auto culprit = endpoint_of(key)) ban(*culprit, "sent metadata that is not the torrent's");
}

// The torrent has turned out to be private: whom others told us of is left alone, and nobody is passed on (bug B71).
void Torrent::keep_to_the_tracker() {
  peer_exchange_.halt();
  peers_.for_each([&](Peer& peer) {
    const auto source = pool_.source_of(peer.endpoint);
    if (peer.initiator == Initiator::us && source && *source > PeerSource::tracker) {
      drop(peer, "is not the tracker's, and the torrent is private");
    }
  });
  pool_.forget_untrusted();
}

void Torrent::on_exchanged(const Peer& teller, std::span<const protocol::PexPeer> found) {
  std::vector<Endpoint> peers;
  for (const protocol::PexPeer& peer : found) {
    peers.push_back(peer.endpoint);
    const bool is_useless = state_ == TorrentState::seeding && peer.flags.upload_only;   // neither has anything for the other
    if (!is_useless) learn(peer.endpoint, PeerSource::exchange);
  }
  emit(PeersHeard{teller.endpoint, peers});
}

// Nothing can be judged or answered yet but requests, and there is nothing to serve.
void Torrent::on_early_message(Peer& peer, const protocol::Message& message) {
  if (const auto* request = std::get_if<protocol::Request>(&message)) {
    if (peer.common_features.fast) peer.wire.send(protocol::encode(protocol::Reject{request->block}));
    return;
  }
  if (!peer.early.keep(message)) drop(peer, "says more than can be kept before the metadata is known");
}

// The torrent is known and its files are checked: whoever came before is told what we have, and heard.
void Torrent::welcome_early_peers() {
  peers_.for_each_ready([&](Peer& peer) {
    // A bitfield may only come first: what we have is told piece by piece.
    for (PieceIndex piece; metainfo_->geometry.contains(piece); ++piece) {
      if (download_->has(piece)) peer.wire.send(protocol::encode(protocol::Have{piece}));
    }
    peer.early.replay([&](const protocol::Message& message) { on_message(peer, message); });
  });
}

}  // namespace swarmlab::client
