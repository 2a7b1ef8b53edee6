// PieceSpread: how the pieces that only seeds have come to be elsewhere.
//
// A swarm that begins with one seed is in its transient state (Legout et al. 2006) as long as some pieces are on that seed alone: the
// seed's line is then what everybody waits for, whatever the piece choice.  Rarest first makes each piece that the seed sends a new
// one, so that their number falls in a straight line; sent twice, it bends.  The transient is over when no such piece is left.
//
// A piece counts as spread when a peer that came with less than everything has it whole and true, at its joining or by arrival.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/bitfield.hpp"
#include "swarmsim/checks/arrivals.hpp"
#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/expect/number.hpp"

namespace swarmlab::swarmsim {

class PieceSpread {
 public:
  explicit PieceSpread(const RunFacts& facts);

  void on_whole_piece(const WholePiece& piece);

  // When the last of them was spread; kStart where none was to be; kNever while there are some.
  Time over_at() const;
  // Pieces that are on seeds alone.
  std::uint32_t left() const { return spread_.size() - spread_.count(); }
  // How straight the line is on which their number fell: R^2 of the least squares' line through the points (when a piece was spread,
  // how many were left then); 1 is straight.  Nothing with fewer than three points or all at one time.
  Number straightness() const;

 private:
  protocol::Bitfield spread_;
  std::vector<Time> times_;   // one per piece that was spread in the run, in order
};

}  // namespace swarmlab::swarmsim
