// SuperSeed: which piece an initial seed shows to whom (BEP 16, "super-seeding").
//
// The first seed of a torrent has the scarcest line of all.  Serving plainly it sends much of the content several times before the
// swarm holds one whole copy, since everybody asks it for what it likes.  A super-seed pretends to have nothing and shows
// each peer one piece at a time, another one to each; a peer is shown its next piece when the last one has been
// seen at somebody else, which is the proof that it was passed on.
//
//   fresh (at no peer, shown to none) --reveal--> open at P --HAVE of Q--> seen: P is shown another
//     ^                                             |  \--P is the only peer and has it--> P is shown another
//     +---- P leaves, or does nothing for long -----+
//
// Rules
//   1. A peer learns of a piece by HAVE, never of one that it has, and of no piece twice.  BEP 16; bug B56.
//   2. The piece shown is one that nobody has or was shown; when there is none left, one that the fewest have or were shown, at random
//      among equals.  Rationale: "pieces that have not been sent, or to the least peers".
//   3. At most `open` pieces at a time are open at a peer (BEP 16: one).  A piece that others had before it was shown proves nothing
//      by being seen: it stays open until the peer itself has it.
//   4. Nobody starves (B57).  A peer that is alone has nobody to pass pieces on to: its own HAVE is enough.  A piece that
//      was not fetched, or was not seen at others, for `patience` no longer counts: its peer is shown another, and the piece is
//      shown elsewhere.  Rationale: some clients tell no HAVE to who seems to have the piece, some do not want the piece
//      (files not selected), some keep what they get; the last are served once per `patience`.
//   5. When every piece is at some peer the swarm can go on by itself: super-seeding is over for good, the owner
//      shows everything to everybody.  Rationale: BEP 16 is for the first copy; from then on it only costs speed.
//
// Rejected: to show a second piece while the first is on its way by default (faster, but then a peer that passes nothing on gets as much
// as one that does); to measure who passes pieces on fastest and favour it (BEP 16 suggests it; the choker's fairness in time is
// older and judged by checks).
//
// Costs: a HAVE is constant unless the piece is open somewhere, then a look at each peer.  Showing: constant while
// there are fresh pieces, else a look at each piece.
#pragma once

#include <cstdint>
#include <vector>

#include "client/peer_key.hpp"
#include "protocol/bitfield.hpp"
#include "runtime/random.hpp"

namespace swarmlab::client {

class SuperSeed {
 public:
  // A peer that has not said by then which pieces it has (without Fast nothing obliges it to) has none.
  static constexpr Duration kFirstWord = 2s;

  struct Rules {
    std::uint32_t open = 1;
    Duration patience = 60s;
  };
  struct Reveal {
    PeerKey peer;
    PieceIndex piece;
    friend constexpr auto operator<=>(const Reveal&, const Reveal&) = default;
  };

  SuperSeed(std::uint32_t piece_count, const Rules& rules);

  // From joined() to left() a peer takes part; keys grow.  The peer is shown nothing before heard().
  void peer_joined(PeerKey peer, Time now);
  void peer_heard(PeerKey peer);
  void peer_has(PeerKey peer, PieceIndex piece, Time now);
  void peer_left(PeerKey peer);
  // It was sent a block of ours at that time: what is open at it is on its way.
  void peer_served(PeerKey peer, Time at);

  // Whom to show what now, in order of keys; each answer counts as shown.  Lives until the next call.
  const std::vector<Reveal>& reveal(Time now, runtime::Random& random);
  // When time alone may change the answer of reveal().
  Time next_look() const;
  // Rule 5.  Stays true.
  bool is_over() const { return is_over_; }
  // Whether the peer may ask us for the piece.
  bool is_shown(PeerKey peer, PieceIndex piece) const;

 private:
  struct Open {
    PieceIndex piece;
    Time since;                  // shown, served, or in the peer's hands
    bool is_new = true;          // nobody had it when it was shown
    bool is_fetched = false;     // the peer has it
  };
  struct Peer {
    PeerKey key;
    Time joined;
    bool is_heard = false;
    protocol::Bitfield has;
    protocol::Bitfield known;    // what it has or was shown
    std::vector<Open> open;
  };
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  static constexpr std::uint32_t kTries = 16;   // fresh pieces looked at before all pieces are

  Peer* find(PeerKey key);
  const Peer* find(PeerKey key) const;
  void close(Peer& peer, std::size_t open);
  void close_what_time_closed(Time now);
  void update_fresh(PieceIndex piece);
  PieceIndex choose(const Peer& peer, runtime::Random& random) const;

  Rules rules_;
  std::uint32_t piece_count_;
  std::vector<Peer> peers_;               // in order of keys
  std::vector<std::uint32_t> seen_;       // per piece: peers that have it
  std::vector<std::uint32_t> pending_;    // per piece: peers at which it is open
  std::vector<PieceIndex> fresh_;         // exactly the pieces with neither
  std::vector<std::uint32_t> place_;      // in fresh_; kNone
  std::uint32_t unseen_;                  // pieces that no peer has
  bool is_over_ = false;
  std::vector<Reveal> reveals_;
};

}  // namespace swarmlab::client
