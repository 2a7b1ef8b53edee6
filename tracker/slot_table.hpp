// SlotTable: from a 64-bit hash to the number of a slot in somebody else's array.
//
// What the registry looks things up with: open addressing with linear probing, eight bytes a cell and
// no tombstones, so that a tracker which lost a million peers is as quick as before it had them.  The
// owner keeps the keys; a lookup asks it whether a candidate matches.  Nothing iterates over a table, so
// its order is never seen.  Hashes must be keyed with a secret: keys come from strangers.
#pragma once

#include <cstdint>
#include <vector>

namespace swarmlab::tracker {

inline constexpr std::uint32_t kNoSlot = 0xffff'ffff;

class SlotTable {
 public:
  // The slot inserted under `hash` for which matches(slot) holds; kNoSlot where there is none.
  template <class Matches>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Matches&& matches) const {
    if (cells_.empty()) return kNoSlot;
    for (std::size_t at = home(tag_of(hash)); cells_[at].slot != kNoSlot; at = next(at)) {
      if (cells_[at].tag == tag_of(hash) && matches(cells_[at].slot)) return cells_[at].slot;
    }
    return kNoSlot;
  }
  // Requires that `slot` is not in the table.
  void insert(std::uint64_t hash, std::uint32_t slot);
  // Requires that `slot` was inserted under `hash`.
  void erase(std::uint64_t hash, std::uint32_t slot);
  std::size_t size() const { return size_; }

 private:
  struct Cell {
    std::uint32_t tag = 0;               // a part of the hash: spares most looks at the owner's memory
    std::uint32_t slot = kNoSlot;        // kNoSlot: free
  };
  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  std::size_t home(std::uint32_t tag) const { return tag & (cells_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (cells_.size() - 1); }
  void place(Cell cell);
  void grow();

  // The size is 0 or a power of two; at most three quarters are taken, so every probe ends at a free cell.
  std::vector<Cell> cells_;
  std::size_t size_ = 0;
};

}  // namespace swarmlab::tracker
