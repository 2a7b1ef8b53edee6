// Choker: which peers may download from us now.
//
// A decision over a snapshot: it reads no clock and sends nothing.  Whoever calls it compares the answer with the present
// state of each peer and sends Choke and Unchoke where they differ (each at most once: B07).
//
// Source: BEP 3, "peer messages"; Cohen 2003, "Incentives Build Robustness in BitTorrent".  Where Cohen, BEP 3 and mainline's
// code disagree we take: 4 slots, optimistic ones among them (BEP 3; mainline's default was 7); snubbed after 60 s (Cohen;
// mainline 30 s); the optimistic slot is drawn by lot (BEP 3's "three times as likely" is a lottery; mainline
// walks a list in which a newcomer is put in up to three places); BEP 3 unchokes also peers that are faster but not
// interested, so that they find an open door: here they hold nothing, because fill() opens the door at
// the moment they become interested, if a slot is free.
//
// Rules that hold always
//   A. Only interested peers are given slots, and never more than `slots` peers are unchoked.
//      Rationale: a slot that nobody uses feeds nobody (B02); the number configured is the number (B08).
//   B. A peer that loses interest stays unchoked until its slot is needed; while we leech it keeps the slot for `interest_grace` even then.
//      Rationale: interest flickers; answering each flicker with Choke and Unchoke is fibrillation (B07).  In a swarm on fast
//      lines good partners catch up with each other many times a second: who gave their slots away each time would trade
//      with chance acquaintances only, and (rule E) shut out the partners for a round.  A seed's peers do not flicker.
//   C. A peer unchoked for `idle_after` that asked for nothing and got nothing in that time counts at rounds as
//      not interested (B06).  Who is served from a long queue need not ask again for minutes.
//   D. Between rounds free slots are given at once (fill) and no interested peer loses one (B01).
//   E. No peer that wants something is choked or unchoked for the third time within a round (B07): who is choked waits until
//      its last unchoke is a round ago (`again_at` says when that keeps a slot empty); who is unchoked keeps its slot until
//      its last choke is.
//      Rationale: a simple pause after each choke would do as well, but at the end of a download, when all but one
//      have finished, the last one would find every slot free and every door shut.
//
// Leeching, each round
//   1. Regular slots, `slots - optimistic` of them, go to the interested peers that give us most, by useful payload
//      over the rate window (B10).  Who gives nothing has earned nothing; a snubbed peer has not either
//      (Cohen: anti-snubbing).  A holder's rate counts an eighth more than a challenger's.
//      Rationale: tit for tat; the bonus keeps two equal peers from swapping places each round (B07).
//   2. All other slots are optimistic: at least `optimistic`, more when fewer peers earned one.  They ignore rates.
//      Rationale: a newcomer must be able to show what it has, and we must look for better partners. A client that everybody
//      snubs gets several optimistic slots at once (Cohen).
//   3. An optimistic turn lasts `optimistic_interval`, three rounds: long enough for the other side to notice and reciprocate (B04).
//      It ends early when the peer earns a regular slot, loses interest or leaves, or when a peer that
//      earned a slot needs one of the additional optimistic slots: the oldest turn goes first.
//      A turn that is over goes on while nobody waits.
//   4. A free optimistic slot is drawn among the interested, choked peers; a connection younger than `newcomer_age`
//      has `newcomer_weight` tickets, others one (BEP 3).  Who has just had a turn is not drawn while others wait (B03).
//
// Another policy for the leecher, one that shares out rates, may stand in place of rules 1 to 4 (leech_choker.hpp).  Then slots may stay
// free though somebody waits, also one that could be given at once (D): they are not what is scarce.
//
// Seeding, nobody gives us anything: who is served is up to a SeedChoker, one of several (seed_choker.hpp).
//
// Every order is total and ends in the key.  Cost: n log n of the peers at a round or fill.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "client/leech_choker.hpp"
#include "client/peer_key.hpp"
#include "client/peer_view.hpp"
#include "client/seed_choker.hpp"
#include "client/settings.hpp"
#include "protocol/units.hpp"
#include "runtime/random.hpp"

namespace swarmlab::client {

enum class ChokeMode : std::uint8_t { leeching, seeding };

// Everybody who is to be unchoked, in order of keys; all others are to be choked.
struct Unchoked {
  std::vector<PeerKey> peers;
  std::vector<PeerKey> optimistic;      // those of `peers` that hold an optimistic turn, in order of keys
  std::vector<UploadShare> shares;      // of `peers` that are to be sent at most so much, in order of keys; the others: no bound
  Time again_at = kNever;               // call fill() then: a slot is empty and somebody may have it from then on
  bool contains(PeerKey peer) const;
};

struct ChokerRules {
  std::uint32_t slots = 4;
  std::uint32_t optimistic = 1;         // at most `slots`
  Duration rechoke_interval = 10s;
  Duration optimistic_interval = 30s;
  std::uint32_t newcomer_weight = 3;
  Duration newcomer_age = 60s;
  ByteCount seed_turn_bytes = 4_MiB;
  Duration seed_turn_time = 30s;
  SeedPolicy seed_policy = SeedPolicy::time_quota;
  Duration idle_after = 60s;
  Duration interest_grace{};
  LeechPolicy policy = LeechPolicy::tit_for_tat;
  static ChokerRules of(const Settings& settings);
};

class Choker {
 public:
  explicit Choker(const ChokerRules& rules);

  // From the next call on.  Between rounds never fewer than the last answer unchoked.
  void set_slots(std::uint32_t slots);
  // What there is to share out, from the next call on; nullopt: not known, so that only tit for tat is possible.
  void set_capacity(std::optional<BytesPerSecond> capacity) { capacity_ = capacity; }

  // The round: call it every rechoke_interval.  `peers` in any order, keys distinct.  The answer lives until the next call.
  const Unchoked& decide(Time now, ChokeMode mode, std::span<const PeerView> peers, runtime::Random& random);
  // Between rounds: call it when a peer became interested, lost interest or left, and at again_at.
  const Unchoked& fill(Time now, ChokeMode mode, std::span<const PeerView> peers, runtime::Random& random);

 private:
  struct Turn { PeerKey peer; Time since; };   // an optimistic one
  struct Round;

  void give_to_best(Round& round, std::size_t regular_slots) const;
  void keep_turns(Round& round);
  void draw(Round& round, bool among_unchoked, runtime::Random& random);
  void seed(Round& round, bool is_round);
  bool shares_out(ChokeMode mode) const { return mode == ChokeMode::leeching && leech_choker_ != nullptr && capacity_.has_value(); }
  const Unchoked& share_out(Round& round, bool is_round, runtime::Random& random);
  bool is_in_turn(PeerKey peer) const;
  std::uint32_t tickets(const Round& round, const PeerView& peer) const;
  const Unchoked& answer(Round& round);

  ChokerRules rules_;
  std::uint32_t optimistic_wanted_ = 0;   // where there are slots enough
  std::unique_ptr<SeedChoker> seed_choker_;
  std::unique_ptr<LeechChoker> leech_choker_;   // null: tit for tat
  std::optional<BytesPerSecond> capacity_;
  std::vector<Turn> turns_;     // in order of (since, key); each peer was unchoked in the last answer
  Unchoked unchoked_;
};

}  // namespace swarmlab::client
