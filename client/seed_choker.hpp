// SeedChoker: whom a seed serves.  A seed gets nothing back, so reciprocity says nothing; each policy here answers another question.
//
// A policy puts those who want something in order; the first of them hold the slots.  It is asked each round, and between
// rounds for a slot that fell free: then no holder loses its slot, whatever the policy says (choker.hpp, rules D and E).
//
// time_quota (default): everybody in turn.
//   1. A turn lasts `turn_time`, longer for who has not yet got `turn_bytes`, but never more than twice the time.
//      Rationale: turns shorter than TCP's start-up waste the link; without the bytes a fast link would rotate
//      idle, without the cap a peer at 1 % of the rate would own its slot (B05).
//   2. When somebody waits and no slot is free, holders whose turn is over are choked, the longest turn first.
//   3. Free slots go to who has waited longest (since its last choke, or since it connected).  Reconnecting puts a peer at the end.
//
// fastest_upload: who takes most from us (BEP 3, "Once a peer is done downloading it uses its upload rate"; mainline's "old" seed choker).
//   All slots but `optimistic` stay with the holders that take most.  Others keep a slot for `optimistic_interval`, to show what
//   they can take; then it goes to who has waited longest.
//   It spreads data quickest where fast takers pass it on, and lets fast free riders keep a seed for good: Legout et al. 2006
//   measured it, and mainline gave it up.
//
// anti_leech: who has just begun or is nearly done (libtorrent's policy of that name).
//   A turn as in time_quota; then slots go by the distance of a peer's progress from one half.  `optimistic` of them go to who has
//   waited longest, so that the middle, which has most to trade, is not left without.
//   It gives newcomers something to trade with and turns the last into seeds; it asks peers in the middle to trade among themselves.
//
// new_seed: mainline 4.x (its Choker.py, read in PAPERS 1; Legout et al. 2006 call it the new choke algorithm in seed state).
//   Of u slots ceil(u/3) are given anew in 30 s, spread over three rounds; the others stay with those who were unchoked last: of who is
//   younger than 30 s or has requests open the latest first, then the idle by what they took.  New ones in the order of waiting.
//   Everybody gets the same service, as with time_quota, but turns do not look at bytes: slow lines get as long as fast ones.
//
// Every order is total and ends in the key.  Cost: n log n.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "client/peer_view.hpp"

namespace swarmlab::client {

enum class SeedPolicy : std::uint8_t { time_quota, fastest_upload, anti_leech, new_seed };

struct SeedRules {
  std::uint32_t optimistic = 1;
  Duration optimistic_interval = 30s;
  ByteCount turn_bytes = 4_MiB;
  Duration turn_time = 30s;
};

class SeedChoker {
 public:
  virtual ~SeedChoker() = default;
  // Puts `candidates`, holders and peers that wait, in the order in which they deserve the `slots`.
  // `is_round`: holders may lose their slots; else none of them is among the candidates.
  virtual void order(Time now, std::size_t slots, std::vector<PeerView>& candidates, bool is_round) = 0;
};

std::unique_ptr<SeedChoker> make_seed_choker(SeedPolicy policy, const SeedRules& rules);

}  // namespace swarmlab::client
