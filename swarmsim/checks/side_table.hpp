// SideTable: where a table with a row for each side of each connection lies, so that its rows can be fetched ahead.
//
// A swarm has more connections than caches have room for their rows, and events come from all of them in turn.  The judge
// knows its next events (judge.hpp) and asks for their rows while it still works on those before.
#pragma once

#include <cstddef>

#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

class SideTable {
 public:
  SideTable() = default;
  SideTable(const SideTable&) = delete;
  SideTable& operator=(const SideTable&) = delete;

  // Both sides' rows, or what fits two lines of the cache each.
  void fetch_ahead(ConnectionId connection) const {
    const std::size_t at = 2 * row_bytes_ * connection.value();
    if (at >= bytes_) return;
    __builtin_prefetch(rows_ + at);
    if (row_bytes_ <= kCacheLine / 2) return;
    __builtin_prefetch(rows_ + at + row_bytes_);
    if (row_bytes_ <= kCacheLine) return;
    __builtin_prefetch(rows_ + at + kCacheLine);
    __builtin_prefetch(rows_ + at + row_bytes_ + kCacheLine);
  }

 protected:
  static constexpr std::size_t kCacheLine = 64;

  // Tell it where the rows lie whenever they move.
  void lies_at(const void* rows, std::size_t row_bytes, std::size_t bytes) {
    rows_ = static_cast<const std::byte*>(rows);
    row_bytes_ = row_bytes;
    bytes_ = bytes;
  }
  ~SideTable() = default;

 private:
  const std::byte* rows_ = nullptr;
  std::size_t row_bytes_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace swarmlab::swarmsim
