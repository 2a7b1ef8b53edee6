// What a peer's messages mean to a torrent: judged for sense here, acted upon by Download and Upload.
#include "client/torrent.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/text.hpp"

namespace swarmlab::client {

using protocol::Bitfield;
using protocol::BlockRange;

bool Torrent::require_fast(Peer& peer, std::string_view what) {
  if (peer.common_features.fast) return true;
  drop(peer, std::string("sent ") + std::string(what) + " without the fast extension");   // BEP 6; bug B58
  return false;
}

struct Torrent::MessageVisitor {
  Torrent& torrent;
  Peer& peer;
  const protocol::PieceGeometry& geometry;
  bool is_first;

  bool knows_piece(PieceIndex piece) const {
    if (geometry.contains(piece)) return true;
    torrent.drop(peer, "named a piece that does not exist");
    return false;
  }
  bool knows_block(const BlockRange& block) const {
    if (geometry.is_valid(block) && block.length <= protocol::kMaxBlockBytes) return true;
    torrent.drop(peer, "named a block that does not exist");
    return false;
  }
  bool comes_first() const {
    if (is_first) return true;
    torrent.drop(peer, "sent have-all or have-none late");   // BEP 6: "immediately after the handshake"
    return false;
  }
  void has(Bitfield pieces) const {
    torrent.download_->on_bitfield(peer, std::move(pieces));
    if (torrent.super_seed_ != nullptr) {
      for (PieceIndex piece; geometry.contains(piece); ++piece) {
        if (peer.pieces.test(piece)) torrent.super_seed_->peer_has(peer.key, piece, peer.since);
      }
    }
    torrent.drop_if_pointless(peer);
  }

  void operator()(const protocol::KeepAlive&) const {}
  void operator()(const protocol::Choke&) const { torrent.download_->on_choke(peer); }
  void operator()(const protocol::Unchoke&) const { torrent.download_->on_unchoke(peer); }
  void operator()(const protocol::Interested&) const { torrent.upload_->on_interested(peer); }
  void operator()(const protocol::NotInterested&) const { torrent.upload_->on_not_interested(peer); }
  void operator()(const protocol::Have& message) const {
    if (!knows_piece(message.piece)) return;
    torrent.download_->on_have(peer, message.piece);
    if (torrent.super_seed_ != nullptr) {
      torrent.super_seed_->peer_has(peer.key, message.piece, torrent.outside_.clock.now());
      torrent.may_reveal_ = true;
    }
    torrent.drop_if_pointless(peer);
  }
  void operator()(const protocol::BitfieldMessage& message) const {
    auto pieces = Bitfield::from_wire(message.payload, geometry.piece_count());
    if (!pieces) {
      torrent.drop(peer, "sent a malformed bitfield");
      return;
    }
    if (!is_first) {
      // BEP 3 allows it as the first message only, but aria2 repeats it when it has got some pieces: so many HAVEs.
      for (PieceIndex piece; geometry.contains(piece); ++piece) {
        if (pieces->test(piece) && !peer.is_dropped) (*this)(protocol::Have{piece});
      }
      return;
    }
    has(std::move(*pieces));
  }
  void operator()(const protocol::HaveAll&) const {
    if (!torrent.require_fast(peer, "have-all") || !comes_first()) return;
    Bitfield all(geometry.piece_count());
    all.set_all();
    has(std::move(all));
  }
  void operator()(const protocol::HaveNone&) const {
    if (torrent.require_fast(peer, "have-none")) static_cast<void>(comes_first());
  }
  void operator()(const protocol::Request& message) const {
    if (knows_block(message.block)) torrent.upload_->on_request(peer, message.block);
  }
  void operator()(const protocol::Cancel& message) const {
    if (knows_block(message.block)) torrent.upload_->on_cancel(peer, message.block);
  }
  void operator()(const protocol::Reject& message) const {
    if (torrent.require_fast(peer, "reject")) torrent.download_->on_reject(peer, message.block);
  }
  void operator()(const protocol::AllowedFast& message) const {
    if (torrent.require_fast(peer, "allowed-fast") && knows_piece(message.piece)) {
      torrent.download_->on_allowed_fast(peer, message.piece);
    }
  }
  void operator()(const protocol::Suggest& message) const {
    // Advice that rarest first has no use for; but it must make sense.
    if (torrent.require_fast(peer, "suggest")) static_cast<void>(knows_piece(message.piece));
  }
  void operator()(const protocol::Extended&) const {}  // on_extended() has it
  void operator()(const protocol::PieceHeader&) const { SWARM_ASSERT(false); }   // on_block() has it
  void operator()(const protocol::Port&) const {}      // a DHT node's; we have none
  void operator()(const protocol::Unknown&) const {}
};

void Torrent::on_message(Peer& peer, const protocol::Message& message) {
  if (peer.is_dropped) return;
  if (const auto* extended = std::get_if<protocol::Extended>(&message)) {
    on_extended(peer, *extended);
    return;
  }
  if (download_ == nullptr) {
    on_early_message(peer, message);
    return;
  }
  // The extension handshake may stand before the bitfield, and so may what is no part of BEP 3's exchange.
  const bool counts = !std::holds_alternative<protocol::KeepAlive>(message) &&
                      !std::holds_alternative<protocol::Port>(message) &&
                      !std::holds_alternative<protocol::Unknown>(message);
  const bool is_first = !peer.has_sent_message;
  if (counts) peer.has_sent_message = true;
  std::visit(MessageVisitor{*this, peer, metainfo_->geometry, is_first}, message);
  if (counts && is_first && super_seed_ != nullptr && !peer.is_dropped) {
    super_seed_->peer_heard(peer.key);
    may_reveal_ = true;
  }
}

void Torrent::on_extended(Peer& peer, const protocol::Extended& message) {
  const auto handled = extensions_.on_message(peer, message);
  if (!handled) {
    drop(peer, handled.error());
    return;
  }
  const std::optional<protocol::ExtensionHandshake>& theirs = *handled;
  if (!theirs || peer.is_dropped) return;
  if (theirs->client) peer.client = protocol::one_line(*theirs->client, 64);
  if (theirs->request_queue) peer.reqq = std::max(1u, *theirs->request_queue);
  if (theirs->upload_only) peer.is_upload_only = *theirs->upload_only;
  if (drop_if_pointless(peer)) return;
  if (theirs->listen_port && peer.initiator == Initiator::them && !peer.listens_at) {
    // Where it could be dialled: no need to, while it is connected.
    peer.listens_at = Endpoint{peer.endpoint.address, *theirs->listen_port};
    // A private torrent's peers are dialled where the tracker says so (BEP 27).
    if (!is_private() || pool_.source_of(*peer.listens_at)) pool_.connected(*peer.listens_at, PeerSource::incoming);
    peer_exchange_.contacts_changed();
  }
}

void Torrent::on_block(Peer& peer, const BlockRange& block, runtime::Slices data) {
  if (peer.is_dropped || download_ == nullptr) return;   // nothing was asked for before the metadata
  peer.has_sent_message = true;
  if (!metainfo_->geometry.is_valid(block)) {
    drop(peer, "sent a block that does not exist");
    return;
  }
  download_->on_block(peer, block, std::move(data));
  if (resume_ != nullptr && store_->write_backlog() + download_->held() > ByteCount{}) resume_->note_write();
  if (store_->write_backlog() >= settings_.write_backlog) {
    peer.wire.pause_reading();
    disk_holds_back_ = true;
  }
}

}  // namespace swarmlab::client
