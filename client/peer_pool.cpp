#include "client/peer_pool.hpp"

#include <algorithm>
#include <utility>
#include <iterator>

#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace {

// Behind every address that is due at kStart, before all that have failed.
constexpr Time kExchangedDue = kStart + Duration(1);

}  // namespace

void PeerPool::wait(const Endpoint& peer, Known& known, Time until) {
  if (known.is_waiting || known.is_excluded) return;
  known.is_waiting = true;
  known.due = until;
  waiting_.emplace(until, peer);
}

void PeerPool::stop_waiting(const Endpoint& peer, Known& known) {
  if (!known.is_waiting) return;
  known.is_waiting = false;
  auto [entry, end] = waiting_.equal_range(known.due);
  while (entry != end && entry->second != peer) ++entry;
  SWARM_ASSERT(entry != end);
  waiting_.erase(entry);
}

// Makes room by forgetting the address that has failed and waits longest; false when there is none.
bool PeerPool::forget_one() {
  if (waiting_.empty()) return false;
  const auto last = std::prev(waiting_.end());
  const auto known = known_.find(last->second);
  if (known->second.failures == 0) return false;
  if (known->second.source == PeerSource::exchange) --exchanged_;
  known_.erase(known);
  waiting_.erase(last);
  return true;
}

bool PeerPool::add(const Endpoint& peer, PeerSource source) {
  if (peer.port == 0 || peer.address.is_unspecified()) return false;
  if (const auto entry = known_.find(peer); entry != known_.end()) {
    Known& known = entry->second;
    if (source >= known.source) return false;
    if (known.source == PeerSource::exchange) --exchanged_;
    known.source = source;
    if (known.is_waiting && known.due == kExchangedDue) {
      stop_waiting(peer, known);
      wait(peer, known, kStart);
    }
    return false;
  }
  if (source == PeerSource::exchange && exchanged_ >= kMaxExchanged) return false;
  if (known_.size() >= kMaxKnown && !forget_one()) return false;
  Known& known = known_[peer];
  known.source = source;
  if (source == PeerSource::exchange) ++exchanged_;
  wait(peer, known, source == PeerSource::exchange ? kExchangedDue : kStart);
  return true;
}

std::optional<PeerSource> PeerPool::source_of(const Endpoint& peer) const {
  const auto entry = known_.find(peer);
  return entry != known_.end() ? std::optional(entry->second.source) : std::nullopt;
}

void PeerPool::forget_untrusted() {
  for (auto entry = known_.begin(); entry != known_.end();) {
    if (is_trusted(entry->second.source) || entry->second.is_excluded) {
      ++entry;
      continue;
    }
    stop_waiting(entry->first, entry->second);
    if (entry->second.source == PeerSource::exchange) --exchanged_;
    entry = known_.erase(entry);
  }
}

void PeerPool::exclude(const Endpoint& peer) {
  Known& known = known_[peer];
  known.is_excluded = true;
  stop_waiting(peer, known);
}

void PeerPool::connected(const Endpoint& peer, PeerSource source) {
  add(peer, source);
  const auto entry = known_.find(peer);
  if (entry != known_.end()) stop_waiting(peer, entry->second);
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

void PeerPool::hurry(Time now) {
  for (const auto& [due, peer] : std::exchange(waiting_, {})) {
    known_.at(peer).is_waiting = false;
    wait(peer, known_.at(peer), std::min(due, now));
  }
}

}  // namespace swarmlab::client
