#include "client/peer_pool.hpp"

#include <algorithm>

namespace swarmlab::client {

void PeerPool::wait(const Endpoint& peer, Known& known, Time until) {
  if (known.is_waiting || known.is_excluded) return;
  known.is_waiting = true;
  waiting_.emplace(until, peer);
}

bool PeerPool::add(const Endpoint& peer) {
  if (peer.port == 0 || peer.address.is_unspecified() || known_.size() >= kMaxKnown) return false;
  const auto [entry, is_new] = known_.try_emplace(peer);
  if (is_new) wait(peer, entry->second, kStart);
  return is_new;
}

void PeerPool::exclude(const Endpoint& peer) {
  Known& known = known_[peer];
  known.is_excluded = true;
  if (!known.is_waiting) return;
  known.is_waiting = false;
  std::erase_if(waiting_, [&](const auto& entry) { return entry.second == peer; });
}

void PeerPool::dialled(const Endpoint& peer, Outcome outcome, Time now) {
  const auto entry = known_.find(peer);
  if (entry == known_.end()) return;
  Known& known = entry->second;
  Duration pause = kLongestWait;
  switch (outcome) {
    case Outcome::failed:
      known.failures = std::min(known.failures + 1, 16u);
      pause = std::min(kLongestWait, redial_base_ * (std::int64_t{1} << (known.failures - 1)));
      break;
    case Outcome::ended:
      known.failures = 0;
      pause = redial_base_;
      break;
    case Outcome::unwanted: break;
  }
  wait(peer, known, now + pause);
}

}  // namespace swarmlab::client
