// Announced: the pieces that each side of each connection has told the other it has (Bitfield, HaveAll, Have).
//
// Told counts as sent or as received, whichever the owner feeds it with: what a peer may ask for is what it heard,
// what a peer owes to others is what it said.  A bitfield of wrong length counts as far as it goes, so that a client
// that tolerates it is not accused (BUGS: "tolerate oversize bitfields"); a Have beyond the last piece not at all.
// Kept after a connection's end: what is still on its way is judged by it.
//
// One bit per piece and side, all in one table: Have is what swarms say most often.  Constant time per Have.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/ids.hpp"
#include "swarmsim/checks/side_table.hpp"

namespace swarmlab::swarmsim {

class Announced final : public SideTable {
 public:
  enum class Moment : std::uint8_t { sent, received };

  Announced(std::uint32_t piece_count, Moment moment)
      : piece_count_(piece_count), moment_(moment), row_words_(1 + (std::size_t{piece_count} + 63) / 64) {}

  // What on_event() makes use of; it ignores everything else.
  EventSet interest() const;
  void on_event(const WireEvent& event);

  // Whether the last message told of a piece for the first time.
  bool last_was_news() const { return last_was_news_; }

  // `teller` is the direction of the messages that tell.
  bool has(ConnectionId connection, Direction teller, PieceIndex piece) const;
  std::uint32_t count(ConnectionId connection, Direction teller) const;

 private:
  std::size_t row(ConnectionId connection, Direction teller) const {
    return row_words_ * (2 * std::size_t{connection.value()} + static_cast<std::size_t>(teller));
  }
  // Whether that was news.
  bool set(std::size_t row, std::uint32_t piece);

  std::uint32_t piece_count_;
  Moment moment_;
  bool last_was_news_ = false;
  std::size_t row_words_;                // a row: how many bits are set, then the bits
  std::vector<std::uint64_t> told_;      // rows by who tells
};

}  // namespace swarmlab::swarmsim
