#include "client/super_seed.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {

SuperSeed::SuperSeed(std::uint32_t piece_count, const Rules& rules)
    : rules_(rules), piece_count_(piece_count), seen_(piece_count), pending_(piece_count), place_(piece_count),
      unseen_(piece_count) {
  rules_.open = std::max(rules_.open, 1U);
  fresh_.reserve(piece_count);
  for (PieceIndex piece; piece.value() < piece_count; ++piece) {
    place_[piece.value()] = piece.value();
    fresh_.push_back(piece);
  }
}

SuperSeed::Peer* SuperSeed::find(PeerKey key) { return const_cast<Peer*>(std::as_const(*this).find(key)); }

const SuperSeed::Peer* SuperSeed::find(PeerKey key) const {
  const auto at = std::ranges::lower_bound(peers_, key, {}, &Peer::key);
  return at != peers_.end() && at->key == key ? &*at : nullptr;
}

// ---- what peers have ----

void SuperSeed::peer_joined(PeerKey peer, Time now) {
  Peer fresh;
  fresh.key = peer;
  fresh.joined = now;
  fresh.has = protocol::Bitfield(piece_count_);
  fresh.known = protocol::Bitfield(piece_count_);
  const auto at = std::ranges::lower_bound(peers_, peer, {}, &Peer::key);
  SWARM_ASSERT(at == peers_.end() || at->key != peer, peer);
  peers_.insert(at, std::move(fresh));
}

void SuperSeed::peer_heard(PeerKey key) {
  if (Peer* const peer = find(key)) peer->is_heard = true;
}

void SuperSeed::peer_has(PeerKey key, PieceIndex piece, Time now) {
  Peer* const who = find(key);
  if (who == nullptr || !who->has.set(piece)) return;
  who->known.set(piece);
  if (seen_[piece.value()]++ == 0 && --unseen_ == 0) is_over_ = true;
  if (pending_[piece.value()] > 0) {
    for (Peer& peer : peers_) {
      const auto open = std::ranges::find(peer.open, piece, &Open::piece);
      if (open == peer.open.end()) continue;
      open->is_fetched = open->is_fetched || peer.key == key;
      if (peer.key == key) open->since = now;
      const bool is_proven = open->is_new ? peer.key != key : open->is_fetched;
      if (is_proven) close(peer, static_cast<std::size_t>(open - peer.open.begin()));
    }
  }
  update_fresh(piece);
}

void SuperSeed::peer_left(PeerKey key) {
  Peer* const peer = find(key);
  if (peer == nullptr) return;
  while (!peer->open.empty()) close(*peer, peer->open.size() - 1);
  for (PieceIndex piece; piece.value() < piece_count_; ++piece) {
    if (!peer->has.test(piece)) continue;
    if (--seen_[piece.value()] == 0) ++unseen_;
    update_fresh(piece);
  }
  peers_.erase(peers_.begin() + (peer - peers_.data()));
}

void SuperSeed::peer_served(PeerKey key, Time at) {
  Peer* const peer = find(key);
  if (peer == nullptr) return;
  for (Open& open : peer->open) {
    if (!open.is_fetched) open.since = std::max(open.since, at);
  }
}

// ---- what they are shown ----

const std::vector<SuperSeed::Reveal>& SuperSeed::reveal(Time now, runtime::Random& random) {
  reveals_.clear();
  close_what_time_closed(now);
  for (Peer& peer : peers_) {
    if (!peer.is_heard) continue;
    while (peer.open.size() < rules_.open && !peer.known.all()) {
      const PieceIndex piece = choose(peer, random);
      peer.open.push_back({.piece = piece, .since = now, .is_new = seen_[piece.value()] == 0});
      peer.known.set(piece);
      ++pending_[piece.value()];
      update_fresh(piece);
      reveals_.push_back({peer.key, piece});
    }
  }
  return reveals_;
}

// Rule 4, and the first word of those who are silent.
void SuperSeed::close_what_time_closed(Time now) {
  for (Peer& peer : peers_) {
    peer.is_heard = peer.is_heard || now - peer.joined >= kFirstWord;
    for (std::size_t i = peer.open.size(); i-- > 0;) {
      const Open& open = peer.open[i];
      const bool is_alone_with_it = open.is_fetched && peers_.size() == 1;
      if (is_alone_with_it || now - open.since >= rules_.patience) close(peer, i);
    }
  }
}

// Rule 2.
PieceIndex SuperSeed::choose(const Peer& peer, runtime::Random& random) const {
  if (!fresh_.empty()) {
    const std::size_t first = random.below(fresh_.size());
    for (std::size_t i = 0; i < std::min<std::size_t>(kTries, fresh_.size()); ++i) {
      const PieceIndex piece = fresh_[(first + i) % fresh_.size()];
      if (!peer.known.test(piece)) return piece;
    }
  }
  const std::uint64_t first = random.below(piece_count_);
  std::uint32_t best = kNone;
  std::uint32_t fewest = kNone;
  for (std::uint32_t i = 0; i < piece_count_; ++i) {
    const auto piece = static_cast<std::uint32_t>((first + i) % piece_count_);
    const std::uint32_t copies = seen_[piece] + pending_[piece];
    if (copies >= fewest || peer.known.test(PieceIndex(piece))) continue;
    best = piece;
    fewest = copies;
  }
  SWARM_ASSERT(best != kNone, peer.key);
  return PieceIndex(best);
}

Time SuperSeed::next_look() const {
  Time next = kNever;
  for (const Peer& peer : peers_) {
    if (!peer.is_heard) next = std::min(next, peer.joined + kFirstWord);
    for (const Open& open : peer.open) next = std::min(next, open.since + rules_.patience);
  }
  return next;
}

bool SuperSeed::is_shown(PeerKey key, PieceIndex piece) const {
  const Peer* const peer = find(key);
  return peer != nullptr && peer->known.test(piece);
}

void SuperSeed::close(Peer& peer, std::size_t open) {
  const PieceIndex piece = peer.open[open].piece;
  peer.open.erase(peer.open.begin() + static_cast<std::ptrdiff_t>(open));
  --pending_[piece.value()];
  update_fresh(piece);
}

void SuperSeed::update_fresh(PieceIndex piece) {
  std::uint32_t& place = place_[piece.value()];
  const bool is_fresh = seen_[piece.value()] == 0 && pending_[piece.value()] == 0;
  if (is_fresh == (place != kNone)) return;
  if (is_fresh) {
    place = static_cast<std::uint32_t>(fresh_.size());
    fresh_.push_back(piece);
    return;
  }
  fresh_[place] = fresh_.back();
  place_[fresh_.back().value()] = place;
  fresh_.pop_back();
  place = kNone;
}

}  // namespace swarmlab::client
