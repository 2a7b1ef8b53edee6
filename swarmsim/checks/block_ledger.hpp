// BlockLedger: of each block of the torrent, how often one peer asked for it and how often it came.
//
// A block that comes when it was there already is waste, where the peer had asked for it that often; what was pushed
// unasked is not the peer's doing.  A piece that proves false is as if its blocks had never come.  Only whole blocks
// of 16 KiB, as they are usually asked for, are booked: a client that asks in other sizes is never held to anything.
//
// Three bytes per block.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/piece_geometry.hpp"

namespace swarmlab::swarmsim {

class BlockLedger {
 public:
  enum class Arrival : std::uint8_t { fresh, wasted, unasked };

  // `has`: the pieces it has to begin with.
  BlockLedger(const protocol::PieceGeometry& geometry, const protocol::Bitfield& has);

  void on_request(const protocol::BlockRange& block);
  Arrival on_arrival(const protocol::BlockRange& block);
  void on_false_piece(PieceIndex piece);

  // Blocks that it lacked from the beginning and never asked for: while there are some, no end-game has begun.
  std::uint64_t never_asked() const { return never_asked_; }

 private:
  struct Block {
    std::uint8_t open = 0;      // asked for so often and not come yet; saturates
    bool has = false;
    bool was_asked = false;
  };
  Block* find(const protocol::BlockRange& block);

  protocol::PieceGeometry geometry_;
  std::vector<Block> blocks_;   // blocks_per_piece() for every piece
  std::uint64_t never_asked_ = 0;
};

}  // namespace swarmlab::swarmsim
