// WriteGatherer: which blocks go to disk together, and when.
//
// A block is 16 KiB, and a write costs the same journey through a queue, a thread and the kernel whether it carries one block or
// sixteen.  So blocks wait for their neighbours in the piece, and a run of them goes out as one write when
//
//   - it has `enough` bytes in a row: more would save little and wait longer;
//   - its piece is whole: it is announced when it is written, and nobody shall wait for that (all that is held of it goes out);
//   - the first block held of the piece has waited for `patience`: a slow peer's piece may take minutes;
//   - more than `most` bytes are held in all: then the pieces that have waited longest go out, until half of that is left.
//
// Rejected: to wait for whole pieces, which may have 16 MiB, times a hundred peers; to gather across pieces, which come
// from different peers and rarely lie side by side.
//
// A policy: it takes blocks and gives out writes; who calls it does the writing.  A block that it holds is in no file: the caller
// reads nothing of a piece while it is held (it is never whole then).  Memory: `most`, and one block.
#pragma once

#include <map>
#include <vector>

#include "protocol/piece_geometry.hpp"
#include "protocol/units.hpp"
#include "runtime/slice.hpp"

namespace swarmlab::client {

class WriteGatherer {
 public:
  struct Rules {
    ByteCount enough = 256_KiB;      // 0, or the size of a block: every block goes out at once
    Duration patience = 1s;
    ByteCount most = 4_MiB;
  };
  struct Write {
    PieceIndex piece;
    BlockBegin begin;
    runtime::Slices data;
  };

  explicit WriteGatherer(Rules rules) : rules_(rules) {}

  enum class Piece : std::uint8_t { goes_on, is_whole };
  // A block that is not held already; what is to be written now is appended to `out`.
  void add(const protocol::BlockRange& block, runtime::Slices data, Piece piece, Time now, std::vector<Write>& out);
  // What has waited for long enough.
  void take_due(Time now, std::vector<Write>& out);
  // When that is; kNever while nothing is held.
  Time due() const;
  // Forgets all that is held.
  void clear();
  ByteCount held() const { return held_; }

 private:
  struct Run {
    std::uint32_t begin = 0;
    std::uint32_t length = 0;
    runtime::Slices data;
    std::uint32_t end() const { return begin + length; }
  };
  struct Held {
    Time since;
    std::vector<Run> runs;           // ascending; no two touch
  };
  using Pieces = std::map<PieceIndex, Held>;

  void put_out(PieceIndex piece, Run run, std::vector<Write>& out);
  Pieces::iterator put_out(Pieces::iterator piece, std::vector<Write>& out);

  Rules rules_;
  Pieces pieces_;                    // none without a run
  ByteCount held_;
};

}  // namespace swarmlab::client
