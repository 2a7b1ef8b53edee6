// PossiblePieces: the pieces that a peer can have at best, by what was on its disk and what has reached it.
//
// A piece is possible when it was there at the start, or when each of its blocks has arrived at least once and was not
// proven false then.  That is more than Arrivals grants: a client that keeps the true blocks of a failed piece has the
// piece before all of it came again.  Whoever claims a piece that is not even possible is wrong under every reading.
//
// A message that touches a block counts for it, so that clients which cut blocks otherwise are not accused.
// One bit per block and peer, from the first block on.
#pragma once

#include <vector>

#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

class PossiblePieces {
 public:
  explicit PossiblePieces(const RunFacts& facts) : facts_(facts), arrived_(facts.peers.size()) {}

  // Takes a received piece message.
  void on_block(const WireEvent& event);
  // Requires that the piece exists.
  bool can_have(HostId peer, PieceIndex piece) const;

 private:
  std::size_t first_bit(PieceIndex piece) const {
    return std::size_t{piece.value()} * facts_.geometry.blocks_per_piece();
  }
  const RunFacts& facts_;
  std::vector<std::vector<bool>> arrived_;   // by peer, then by block; empty before the first
};

}  // namespace swarmlab::swarmsim
