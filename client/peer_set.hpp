// PeerSet: the peers of one torrent, in the order of their keys (which is the order of connecting).
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "client/peer.hpp"

namespace swarmlab::client {

class PeerSet {
 public:
  // Requires a key greater than all before it.
  Peer& add(std::unique_ptr<Peer> peer) { return *peers_.emplace_back(std::move(peer)); }

  // nullptr when it has left.
  Peer* find(PeerKey key) {
    const auto at = std::ranges::lower_bound(peers_, key, {}, [](const auto& peer) { return peer->key; });
    return at != peers_.end() && (*at)->key == key && !(*at)->is_dropped ? at->get() : nullptr;
  }

  // Calls f(Peer&) for every peer whose handshake is through.  f may drop peers.
  template <class F>
  void for_each_ready(F&& f) {
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      if (peers_[i]->is_ready && !peers_[i]->is_dropped) f(*peers_[i]);
    }
  }
  template <class F>
  void for_each(F&& f) {
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      if (!peers_[i]->is_dropped) f(*peers_[i]);
    }
  }
  template <class F>
  void for_each(F&& f) const {
    for (const auto& peer : peers_) {
      if (!peer->is_dropped) f(static_cast<const Peer&>(*peer));
    }
  }
  template <class F>
  std::size_t count_if(F&& f) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        peers_, [&](const auto& peer) { return !peer->is_dropped && f(*peer); }));
  }

  template <class F>
  bool any_of(F&& f) const {
    return std::ranges::any_of(peers_, [&](const auto& peer) { return !peer->is_dropped && f(*peer); });
  }

  void destroy_dropped() {
    std::erase_if(peers_, [](const auto& peer) { return peer->is_dropped; });
  }

 private:
  std::vector<std::unique_ptr<Peer>> peers_;
};

}  // namespace swarmlab::client
