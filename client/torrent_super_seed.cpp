// A torrent's part in super-seeding: SuperSeed decides, here it is said to the peers (BEP 16).
#include <algorithm>

#include "client/torrent.hpp"

namespace swarmlab::client {

void Torrent::begin_super_seeding() {
  // Who began with a magnet link has no first copy to give.
  if (!settings_.super_seeding || options_.magnet) return;
  super_seed_ = std::make_unique<SuperSeed>(
      metainfo_->geometry.piece_count(),
      SuperSeed::Rules{.open = settings_.super_seed_open, .patience = settings_.super_seed_patience});
}

Time Torrent::look_after_super_seed() {
  peers_.for_each_ready([&](Peer& peer) { super_seed_->peer_served(peer.key, peer.served); });
  may_reveal_ = true;
  return super_seed_->next_look();
}

// Each peer is shown what the policy says; once the swarm has a whole copy, everything.
void Torrent::reveal_pieces() {
  const Time now = outside_.clock.now();
  const auto show = [](Peer& peer, PieceIndex piece) { peer.wire.send(protocol::encode(protocol::Have{piece})); };
  if (!super_seed_->is_over()) {
    for (const auto& [key, piece] : super_seed_->reveal(now, outside_.random)) {
      if (Peer* const peer = peers_.find(key)) show(*peer, piece);
    }
    if (const Time next = super_seed_->next_look(); next != kNever) {
      upkeep_timer_.arm_no_later_than(std::max(next, now + 1s));
    }
    return;
  }
  peers_.for_each_ready([&](Peer& peer) {
    for (PieceIndex piece; metainfo_->geometry.contains(piece); ++piece) {
      if (!super_seed_->is_shown(peer.key, piece) && !peer.pieces.test(piece)) show(peer, piece);
    }
  });
  super_seed_.reset();
}

}  // namespace swarmlab::client
