#include "tracker/slot_table.hpp"

#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::tracker {
namespace {

constexpr std::size_t kSmallest = 16;

}  // namespace

void SlotTable::insert(std::uint64_t hash, std::uint32_t slot) {
  SWARM_ASSERT(slot != kNoSlot);
  if ((size_ + 1) * 4 > cells_.size() * 3) grow();
  place({tag_of(hash), slot});
  ++size_;
}

void SlotTable::erase(std::uint64_t hash, std::uint32_t slot) {
  SWARM_ASSERT(size_ > 0, slot);
  std::size_t hole = home(tag_of(hash));
  while (cells_[hole].slot != slot) {
    SWARM_ASSERT(cells_[hole].slot != kNoSlot, slot);
    hole = next(hole);
  }
  // Close the gap (Knuth, volume 3, algorithm 6.4 R): a later cell of the same run moves back unless it would
  // come to stand before its home.
  const std::size_t mask = cells_.size() - 1;
  for (std::size_t at = next(hole); cells_[at].slot != kNoSlot; at = next(at)) {
    const std::size_t from_home = (at - home(cells_[at].tag)) & mask;
    const std::size_t from_hole = (at - hole) & mask;
    if (from_home >= from_hole) {
      cells_[hole] = cells_[at];
      hole = at;
    }
  }
  cells_[hole] = Cell{};
  --size_;
}

void SlotTable::place(Cell cell) {
  std::size_t at = home(cell.tag);
  while (cells_[at].slot != kNoSlot) at = next(at);
  cells_[at] = cell;
}

void SlotTable::grow() {
  std::vector<Cell> old(cells_.empty() ? kSmallest : cells_.size() * 2);
  std::swap(old, cells_);
  for (const Cell& cell : old) {
    if (cell.slot != kNoSlot) place(cell);
  }
}

}  // namespace swarmlab::tracker
