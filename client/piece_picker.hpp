// PiecePicker: which blocks to ask a peer for next, and what became of every block that was asked for.
//
// Every missing block is in exactly one state:
//
//            pick()                    received()
//   wanted ----------> requested ----------------------> received
//     ^   <---------- by one peer; in the end-game       |   written, its piece not verified
//     |   released()  by several                         |
//     +------------------- failed() --------------------+-- verified() --> the piece is ours
//
// A block given back by the last peer that was asked is wanted again; one that arrives late, after it was
// given back, goes from wanted straight to received (bugs B27, B28).
//
// A piece is missing (not begun), partial (begun: a block of it was asked for), whole (every block
// received, its hash being computed) or have.  A whole piece waits for verified() or failed().
//
// The rules of pick(), in order; the next one is looked at when those before it gave too few:
//   0. What late peers owe (request_timeout.hpp), if the asker is not slow: first the blocks that they were cut off from, then
//      those that they hold, of which one other peer is asked, and a further one only when all askers are late: at most
//      kLateAskersMax.  Duplicates are bounded as in rule 6.  A slow peer comes to these after rule 5.
//      Rationale: such a block has waited too long already, and keeps a piece open (B31, B33); a slow peer would make it wait again.
//   1. The peer's own piece: the one it began, while that has wanted blocks.
//      Rationale: a piece that came from one peer names its culprit when its hash is bad (B44), and few
//      pieces stand half done (B31).
//   2. Orphans: begun pieces with wanted blocks that no peer owns, because their owner choked, left,
//      timed out or rejected, or because the piece failed its hash; oldest first.  Who takes one
//      owns it from then on, unless it gave back a block of it itself: then others may take it.
//      Rationale: a half-done piece is of no use to the swarm; lost blocks are asked elsewhere soonest
//      (B19, B37, B41).
//   3. A new piece, the rarest that the peer has; random among equals.  Until `random_first_pieces`
//      are ours, any that the peer has, at random: rare pieces are on few peers and slow to come, and a
//      newcomer needs something to trade (Cohen 2003, "random first piece"; B30).
//   4. Wanted blocks of pieces that other peers own, slow owners first, those on parole last.
//   5. Blocks that this peer itself gave back (reject, timeout): it may be their only source (B24).  Only
//      if the asker is `again`: whoever composes withholds that for a while from a peer that rejects, or
//      the two would exchange requests and rejects as fast as the wire allows.
//   6. End-game: when every missing block that any connected peer has is asked for, blocks that others were
//      asked for too: those with the fewest askers first, among them those of slow peers, and of each the one
//      that was asked for last: it would be answered last, so that a Cancel still saves it (B26).
//      A block has at most `end_game_requesters` askers and no peer is asked twice (B25, B35), the last of them never a
//      silent, slow or unproven one: as many tar pits could hold it together (B33), and a place is kept for a peer that gives.  A peer
//      has at most `end_game_per_peer` duplicates open at a time, which bounds the waste (B26).  It is a
//      question of the moment, put again at every pick(), so that peers which join, unchoke or run dry
//      later take part (B33, B34).
//
// What settings change (piece_picker_rules.cpp)
//   `affinity` dealt (piece_affinity.hpp): pieces of peers that are not slow have no owner, so that every begun one with wanted blocks is
//     an orphan: rule 2 deals its blocks out, and rules 1 and 4 concern pieces of slow peers alone, who begin new ones (rule 3)
//     before they take part in others' (rule 2).
//   `partial_pieces`: when so many pieces for each connection are begun, rule 4 comes before rule 3.  A bound for what is begun
//     without need, not a wall: a peer that could only begin another piece does.  (libtorrent: 3/2 per peer, in the same way.)
//   `requesters`: after rule 2, blocks of begun pieces that fewer than that many are asked for, the last first, so that the
//     askers meet in the middle.  Buys the time of one piece with traffic: what the slower ones had sent by then is waste.
//   An asker `on_parole` (smart_ban.hpp) keeps to pieces that nobody else has a block of, since only these prove
//     its guilt or innocence; it gets a block of another piece only when it would be idle, one at a time.
//
// Availability and the order of rarity are kept by RarityOrder.
//
// Costs.  HAVE: constant.  received(): constant, plus a search through the peer's open requests.
// release_all(): what the peer held.  pick(): constant per block in the peer's own piece; orphans and other
// owners' pieces: a look at each begun piece; a new piece: constant for a seed, else at most 256 pieces in
// order of rarity, then (a peer poor in rare pieces) one pass over its bitfield, 64 pieces a step, which
// ends at the 64th candidate and takes the rarest of them.  So rarest first is exact up to 256 pieces not
// begun, for a peer with at most 64 pieces, and where the peer has one of the 256 rarest; elsewhere it is a
// good choice.  End-game: a look at
// no more than kEndGameLooks open requests.
// Memory: 10 bytes and a bit per piece while anything is missing, some 90 bytes and 8 per block for a begun
// piece; nothing but the geometry when all is here.
//
// Priorities.  prefer() says which pieces are wanted, in levels.  What is not wanted is not asked for by any rule, whatever
// was begun of it, and does not keep the end-game from beginning; it stays missing.  Rule 3 goes through the levels: the
// rarest of the most urgent pieces, and only when the peer has none of them the rarest of the next.  Rules 1 and 2 come before,
// since a piece that was begun is finished sooner than any other begins.  `sequential` puts the first piece in the place
// of the rarest: for whoever watches while it loads, and bad for the swarm, in which all then hold the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "client/peer_key.hpp"
#include "client/piece_affinity.hpp"
#include "client/rarity_order.hpp"
#include "protocol/bitfield.hpp"
#include "protocol/piece_geometry.hpp"
#include "runtime/random.hpp"

namespace swarmlab::client {

// How fast a peer answers, roughly.  A peer without a measure is medium, a snubbed one slow.
enum class Speed : std::uint8_t { slow, medium, fast };

enum class PieceState : std::uint8_t { missing, partial, whole, have };

// What a block that a peer sends is to us.
enum class Arrival : std::uint8_t {
  asked,      // the peer is asked for it and it is missing
  unasked,    // missing, but this peer is not (or no longer) asked for it
  duplicate,  // already received
};

// Why a peer does not deliver a block.
enum class Release : std::uint8_t { refused, choked, late };

class PiecePicker {
 public:
  static constexpr std::uint32_t kEndGameLooks = 4096;
  static constexpr std::uint32_t kLateAskersMax = 3;

  struct Options {
    std::uint32_t random_first_pieces = 1;
    bool end_game = true;
    std::uint32_t end_game_requesters = 3;
    std::uint32_t end_game_per_peer = 2;
    bool sequential = false;
    PieceAffinity affinity = PieceAffinity::affine;
    std::uint32_t partial_pieces = 0;   // per connection; 0: no bound
    std::uint32_t requesters = 1;
  };

  // Who asks.  `pieces` is what it may be asked for: what it has or, while it chokes us, what of that it
  // allows (BEP 6, "allowed fast").
  struct Asker {
    PeerKey key;
    const protocol::Bitfield& pieces;
    Speed speed = Speed::medium;
    bool again = true;   // rule 5
    bool silent = false; // owes us blocks and has sent none for some seconds (rule 6)
    bool unproven = false;   // has sent no block yet, while another peer gives (rule 6)
    bool seeds_part = false;   // `pieces` is less than what it has, which is everything
    bool on_parole = false;
  };

  struct Received {
    Arrival arrival = Arrival::duplicate;
    bool piece_is_whole = false;              // by this block: verify it now
    // Other peers that were asked for the block, and are no more: send them Cancel.  Lives until the next call.
    std::span<const PeerKey> cancel_at;
  };

  // Requires already_have.size() == geometry.piece_count().
  PiecePicker(const protocol::PieceGeometry& geometry, const protocol::Bitfield& already_have, const Options& options);

  // What is wanted: the most urgent first, the sets disjoint.  Without a call, and with no levels, everything is, alike; with one empty set
  // nothing.  What is asked for already stays asked for: whoever composes gives it up.
  void prefer(std::vector<protocol::Bitfield> levels);

  // ---- who has what ----
  // A peer is counted from joined() to left() with the pieces it then has.  has() follows each HAVE: `pieces` already contains `piece`.
  void peer_joined(const protocol::Bitfield& pieces);
  void peer_has(PieceIndex piece, const protocol::Bitfield& pieces);
  void peer_left(const protocol::Bitfield& pieces);

  // ---- blocks ----
  // Appends at most `count` blocks to `out` and notes that the peer is asked for them.
  void pick(const Asker& asker, std::size_t count, runtime::Random& random, std::vector<protocol::BlockRange>& out);

  // What the block would be if it arrived now.  Requires geometry.is_block(block).
  // Whoever composes drops an unasked block unless it remembers having asked this peer for it.
  Arrival judge(PeerKey peer, const protocol::BlockRange& block) const;
  // The block arrived whole and will be written.  Asked and unasked are both taken.  Requires is_block.
  Received received(PeerKey peer, const protocol::BlockRange& block);
  // The peer will not deliver this block: rejected, timed out, or cancelled by us.  False when it was not asked for it.
  // What it refused, or is late with, it is asked for last; what it rejected because it chokes (BEP 6) is as free as after release_all().
  bool released(PeerKey peer, const protocol::BlockRange& block, Release why = Release::refused);
  // The peer will deliver nothing it was asked for: it left, or choked without the Fast extension.
  void release_all(PeerKey peer);
  // Kept up to date by pick(); this is for a peer that is asked nothing because it is full.
  void set_speed(PeerKey peer, Speed speed);
  // Whether what the peer holds now is late (rule 0).
  void set_late(PeerKey peer, bool is_late);

  // ---- pieces ----
  // The hash of a whole piece was good: it is ours.  Or bad: all of its blocks are wanted again.  Require state whole.
  void verified(PieceIndex piece);
  void failed(PieceIndex piece);

  // ---- questions ----
  PieceState state(PieceIndex piece) const;
  // Who delivered the blocks of a partial or whole piece, in order; kNobody where none is here.
  std::vector<PeerKey> sources(PieceIndex piece) const;
  // Who is asked for the block now.
  std::vector<PeerKey> holders(const protocol::BlockRange& block) const;
  std::size_t open_requests(PeerKey peer) const;
  // Connected peers that have a missing piece; not counted for pieces that are ours.
  std::uint32_t availability(PieceIndex piece) const;
  std::uint32_t missing_pieces() const { return missing_; }    // whole ones included
  std::uint32_t partial_pieces() const;                        // begun, not whole
  std::uint64_t wanted_blocks() const { return wanted_; }      // that nobody is asked for
  bool in_end_game() const;                                    // rule 6 would apply, were it enabled

  // Asserts all that the comments at the members claim; costs as much as everything that is kept.
  void check_invariants() const;

 private:
  enum class BlockState : std::uint8_t { wanted, requested, received };
  enum class Take : std::uint8_t { fresh, given_back };   // given back by the peer that asks now, or not
  struct Block {
    // requested: the first asker; received: who delivered it; wanted: who gave it back last, or kNobody.
    PeerKey peer = kNobody;
    BlockState state = BlockState::wanted;
  };
  struct FurtherAsker { BlockIndex block; PeerKey peer; };
  // A piece that was begun.  Slots of finished ones are reused.
  struct Begun {
    PieceIndex piece;
    PeerKey owner = kNobody;            // kNobody when wanted == 0; when wanted > 0 kNobody means orphan
    std::uint32_t wanted = 0;           // blocks in this state
    std::uint32_t received = 0;
    std::uint32_t first_wanted = 0;     // no block before it is wanted
    bool in_use = false;
    bool has_late = false;              // a wanted block of it was given back as late
    std::vector<Block> blocks;
    std::vector<FurtherAsker> further;  // askers of requested blocks beside the first (end-game)
    bool is_whole() const { return received == blocks.size(); }
  };
  struct Held { std::uint32_t slot; BlockIndex block; bool is_duplicate; };
  // A peer that holds requests or owns a piece.
  struct Peer {
    PeerKey key;
    Speed speed = Speed::medium;
    bool is_late = false;
    bool on_parole = false;
    std::uint32_t own = kNone;          // slot of the one piece that it owns
    std::uint32_t duplicates = 0;       // in `held`
    std::vector<Held> held;             // in the order of asking
  };
  using Out = std::vector<protocol::BlockRange>;
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  static constexpr std::uint32_t kHave = RarityOrder::kNoteMax;   // note of a piece that is ours; of begun ones: slot

  Peer& peer(PeerKey key);
  const Peer* find_peer(PeerKey key) const;
  Peer* find_peer(PeerKey key);
  // Slot of a begun piece, else kNone.
  std::uint32_t slot_of(PieceIndex piece) const;
  std::uint32_t begin_piece(PieceIndex piece);

  void pick_from(const Asker& asker, std::size_t count, runtime::Random& random, Out& out);
  bool is_wanted(PieceIndex piece) const { return levels_.empty() || preferred_.test(piece); }
  bool any_new_available() const;
  enum class Bound : std::uint8_t { kept, passed };
  void take_new_pieces(const Asker& asker, Peer& who, Bound bound, std::size_t until, runtime::Random& random, Out& out);
  void take_new_of(const protocol::Bitfield& pieces, const Asker& asker, Peer& who, Bound bound, std::size_t until,
                   runtime::Random& random, Out& out);
  void take_orphans(const Asker& asker, Peer& who, std::size_t until, Out& out);
  void join_others(const Asker& asker, Peer& who, std::size_t until, Out& out);
  void take_given_back(const Asker& asker, Peer& who, std::size_t until, Out& out);
  void take_duplicates(const Asker& asker, Peer& who, std::size_t until, runtime::Random& random, Out& out);
  void take_late(const Asker& asker, Peer& who, std::size_t until, Out& out);
  void take_further(const Asker& asker, Peer& who, std::size_t until, Out& out);
  void take_alone(const Asker& asker, Peer& who, std::size_t until, runtime::Random& random, Out& out);
  void ask_too(Peer& who, std::uint32_t slot, BlockIndex block, bool is_duplicate, Out& out);
  bool deals_to(const Peer& who) const;
  bool has_enough_begun() const;
  bool is_untouched_by_others(const Begun& piece, PeerKey who) const;
  bool are_askers_late(const Begun& piece, BlockIndex block) const;
  bool take_wanted(std::uint32_t slot, Peer& who, Take take, std::size_t until, Out& out);

  void own(std::uint32_t slot, Peer& who);
  void make_orphan(std::uint32_t slot);
  void leave_lists(std::uint32_t slot);
  std::uint32_t askers(const Begun& piece, BlockIndex block) const;
  bool is_asked(const Begun& piece, BlockIndex block, PeerKey who) const;
  void remove_asker(std::uint32_t slot, BlockIndex block, PeerKey who, PeerKey given_back_by);
  void drop_held(Peer& who, std::uint32_t slot, BlockIndex block);
  void check_slot(std::uint32_t slot) const;

  protocol::PieceGeometry geometry_;
  Options options_;
  std::uint32_t missing_ = 0;
  std::uint64_t wanted_ = 0;                 // blocks, those of pieces not begun included
  RarityOrder order_;                        // exactly the pieces that are missing and not begun
  std::vector<Begun> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t> orphans_;       // the slots with wanted > 0 and no owner, oldest first
  std::vector<Peer> peers_;                  // sorted by key
  std::uint32_t late_ = 0;                   // of them
  std::uint32_t connections_ = 0;
  std::vector<PeerKey> cancel_at_;
  std::vector<protocol::Bitfield> levels_;   // empty: all pieces are wanted alike
  protocol::Bitfield preferred_;             // union of levels_
};

}  // namespace swarmlab::client
