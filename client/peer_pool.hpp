// PeerPool: which peers of a torrent are known, and whom to dial next.
//
// Rules:
//  - an address is dialled once at a time; a failure doubles its waiting time, from `redial_base` to ten minutes.
//    Rationale: a dead peer of a tracker's list must cost little, a restarting one must be found again.
//  - addresses are dialled in the order in which they became known; trackers' lists come shuffled by the caller.
//  - addresses that peers told us of come after all others that were not tried yet, and take half of the room at most.
//    Rationale: a tracker knows the swarm, a peer may name anybody (bug B82).
//  - our own address, once recognised, and banned ones are never dialled (bugs B46, B61).
//  - at most kMaxKnown addresses are kept, so that no tracker or peer can grow our memory (B79).  A further one takes the
//    place of one that failed, the one that would be dialled last; if none has failed it is ignored.
//    Rationale: a list full of the dead must not keep the living out.
// Cost: logarithmic in the number of known addresses.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::client {

// Who told us of an address, the most trusted first.
enum class PeerSource : std::uint8_t {
  user,        // whoever runs this client
  tracker,
  link,        // a magnet link (x.pe)
  incoming,    // it dialled us, and said where it listens
  exchange,    // another peer (BEP 11)
};

class PeerPool {
 public:
  static constexpr std::size_t kMaxExchanged = 1000;
  static constexpr std::size_t kMaxKnown = 2000;
  static constexpr Duration kLongestWait = 10min;

  explicit PeerPool(Duration redial_base) : redial_base_(redial_base) {}

  // Returns whether the address was new.
  bool add(const Endpoint& peer, PeerSource source);
  // Never again: it is we ourselves.
  void exclude(const Endpoint& peer);
  // It is connected to us already, by a dial of its own; dialled() says when that is over.
  void connected(const Endpoint& peer, PeerSource source);
  // Forgets what came from elsewhere than the user and the tracker: the torrent has turned out to be private.
  void forget_untrusted();
  // nullopt: nobody told us of it.
  std::optional<PeerSource> source_of(const Endpoint& peer) const;
  // The next address that may be dialled at `now`, marked as being dialled; nullopt when none is due.
  template <class IsBanned>
  std::optional<Endpoint> next_to_dial(Time now, IsBanned&& is_banned) {
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
      const Endpoint peer = waiting_.begin()->second;
      waiting_.erase(waiting_.begin());
      known_.at(peer).is_waiting = false;
      if (!is_banned(peer.address)) return peer;
      wait(peer, known_.at(peer), now + kLongestWait);   // bans expire
    }
    return std::nullopt;
  }
  // The first address that may be dialled at `now` and that `wanted` likes, marked as being dialled.  Cost: of all that are due.
  template <class IsWanted>
  std::optional<Endpoint> next_to_dial_if(Time now, IsWanted&& wanted) {
    for (auto entry = waiting_.begin(); entry != waiting_.end() && entry->first <= now; ++entry) {
      if (!wanted(entry->second)) continue;
      const Endpoint peer = entry->second;
      waiting_.erase(entry);
      known_.at(peer).is_waiting = false;
      return peer;
    }
    return std::nullopt;
  }
  // When the next address falls due; kNever when none waits.
  Time next_due() const { return waiting_.empty() ? kNever : waiting_.begin()->first; }

  // What became of a dialled address.
  enum class Outcome : std::uint8_t {
    failed,        // never got as far as a handshake
    ended,         // was a good connection, and is over
    unwanted,      // both are seeds, or it is connected already: no reason to come back soon
  };
  void dialled(const Endpoint& peer, Outcome outcome, Time now);
  // There is a new reason to dial: whoever waits is due now.
  void hurry(Time now);

  std::size_t known() const { return known_.size(); }

 private:
  struct Known {
    PeerSource source = PeerSource::user;
    std::uint32_t failures = 0;
    bool is_waiting = false;
    bool is_excluded = false;
    Time due = kStart;             // while is_waiting
  };
  void wait(const Endpoint& peer, Known& known, Time until);
  void stop_waiting(const Endpoint& peer, Known& known);
  static constexpr bool is_trusted(PeerSource source) { return source <= PeerSource::tracker; }
  bool forget_one();

  Duration redial_base_;
  std::map<Endpoint, Known> known_;
  std::size_t exchanged_ = 0;      // of them, from `exchange`
  // Those that may be dialled, by when; equal times in the order of arrival (multimap keeps it).
  // Invariant: an address stands here exactly when its is_waiting is set.
  std::multimap<Time, Endpoint> waiting_;
};

}  // namespace swarmlab::client
