// MetadataArrivals: since when each peer has the torrent's metadata: from its start, or once all pieces of it have arrived true.
//
// Of pieces whose truth nobody knows (a trace without it) every arrival counts.
#pragma once

#include <vector>

#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

class MetadataArrivals {
 public:
  explicit MetadataArrivals(const RunFacts& facts) : facts_(facts), peers_(facts.peers.size()) {
    for (std::size_t i = 0; i < peers_.size(); ++i)
      if (facts.peers[i].knows_metadata) peers_[i].complete_at = kStart;
  }

  // Takes METADATA DATA that was received; true when it made the metadata whole.
  bool on_data(const WireEvent& event) {
    Peer& peer = peers_[event.to.value()];
    const std::uint32_t piece = event.message.piece.value();
    if (peer.complete_at != kNever || event.message.authentic == Authentic::no || piece >= facts_.metadata_pieces()) return false;
    peer.has.resize(facts_.metadata_pieces(), false);
    if (peer.has[piece]) return false;
    peer.has[piece] = true;
    if (++peer.count < facts_.metadata_pieces()) return false;
    peer.complete_at = event.at;
    return true;
  }

  // The peer asks for a piece that has reached it true: it threw it away.
  void on_asked_again(HostId who, PieceIndex piece) {
    Peer& peer = peers_[who.value()];
    if (piece.value() >= peer.has.size() || !peer.has[piece.value()]) return;
    peer.has[piece.value()] = false;
    --peer.count;
    peer.complete_at = kNever;
  }

  // kNever while something is missing.
  Time complete_at(HostId peer) const { return peers_[peer.value()].complete_at; }
  std::uint32_t pieces(HostId peer) const { return peers_[peer.value()].count; }

 private:
  struct Peer {
    std::vector<bool> has;
    std::uint32_t count = 0;
    Time complete_at = kNever;
  };
  const RunFacts& facts_;
  std::vector<Peer> peers_;
};

}  // namespace swarmlab::swarmsim
