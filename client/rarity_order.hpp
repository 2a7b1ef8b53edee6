// RarityOrder: how many peers have each piece, and the pieces that nobody began, rarest first.
//
// The pieces that are in the order stand in one array, in buckets of equal count:
//
//     taken out | count 0 | count 1        | count 3   | ...        count 2 is an empty bucket
//               ^bucket_[0] ^bucket_[1]     ^bucket_[2], bucket_[3]
//
// A HAVE moves a piece over the border to the next bucket by one swap.  A piece that is taken out (begun) wanders
// through the buckets below to the front, which is short, since what is begun is rare.  Peers that have everything are
// counted apart, as one number (the count of a piece leaves them out): whether a peer came as a seed or became one by its last HAVE
// makes no difference, its bitfield says which it is.
//
// Peers must not all choose the same piece among equals, so each choice begins at a random place of its bucket.  (A random place
// for each piece that enters a bucket would cost a draw per HAVE and leave the order of seeds unmixed.)
//
// A piece outside the order lends its place to the owner of this object, who keeps a note there.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/bitfield.hpp"
#include "runtime/random.hpp"

namespace swarmlab::client {

class RarityOrder {
 public:
  static constexpr std::uint32_t kNoteMax = 0x7fff'ffff;
  // How far a choice for a peer that is no seed goes; see PiecePicker, "costs".
  static constexpr std::uint32_t kPlacesMax = 256;
  static constexpr std::uint32_t kCandidatesMax = 64;

  // Holds the pieces that are not in `out`; those get the note kNoteMax.
  explicit RarityOrder(const protocol::Bitfield& out);

  // See PiecePicker.
  void peer_joined(const protocol::Bitfield& pieces);
  void peer_has(PieceIndex piece, const protocol::Bitfield& pieces);
  void peer_left(const protocol::Bitfield& pieces);

  // Takes the piece, which is in the order, out for good.  Requires note <= kNoteMax.
  void take_out(PieceIndex piece, std::uint32_t note);
  // Requires that the piece is out.
  void set_note(PieceIndex piece, std::uint32_t note);
  std::uint32_t note(PieceIndex piece) const;
  // Gives all memory back; afterwards only joined, has and left may be called.
  void clear();

  bool contains(PieceIndex piece) const { return (place_[piece.value()] & kOut) == 0; }
  // Peers that have the piece, seeds included.
  std::uint32_t availability(PieceIndex piece) const { return count_[piece.value()] + seeds_; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(order_.size()) - bucket_.front(); }
  // Whether any connected peer has any piece of the order.
  bool any_available() const;

  // The rarest piece of the order that is in `pieces`; nullopt when there is none.  A part of what a seed has may hold pieces
  // that nobody else has: with `seeds_part` they are looked at first, as they must be.
  std::optional<PieceIndex> rarest(const protocol::Bitfield& pieces, runtime::Random& random, bool seeds_part = false) const;
  // The first piece of the order, by its index, that is in `pieces`.
  std::optional<PieceIndex> first(const protocol::Bitfield& pieces) const;
  // Any piece of the order that is in `pieces`.
  std::optional<PieceIndex> any(const protocol::Bitfield& pieces, runtime::Random& random) const;

  void check_invariants() const;

 private:
  static constexpr std::uint32_t kOut = 0x8000'0000;

  std::uint32_t end_of_bucket(std::uint32_t count) const;
  void count_up(PieceIndex piece);
  void count_down(PieceIndex piece);
  void swap_places(std::uint32_t a, std::uint32_t b);
  // Looks at up to `budget` of the places [begin, end), from a random one on, for a piece in `pieces`; lowers the budget.
  std::optional<PieceIndex> look(std::uint32_t begin, std::uint32_t end, std::uint32_t& budget,
                                 const protocol::Bitfield& pieces, runtime::Random& random) const;
  // The rarest of the first `candidates` pieces of the order met in the bitfield from a random place on.
  std::optional<PieceIndex> look_through_bitfield(std::uint32_t candidates, const protocol::Bitfield& pieces,
                                                  runtime::Random& random) const;

  // order_[bucket_[c] .. end_of_bucket(c)) are the pieces with count c; order_[0 .. bucket_[0]) were taken out.
  // place_[p]: position in order_, or kOut | note.  count_[p]: peers that have p and are no seeds.
  // not_begun_: exactly the pieces in the order.  All empty after clear().
  std::vector<std::uint32_t> place_;
  std::vector<std::uint16_t> count_;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> bucket_;
  protocol::Bitfield not_begun_;
  std::uint32_t seeds_ = 0;
};

}  // namespace swarmlab::client
