// PerSide: something remembered about each direction of each connection.
//
// A side is named by the direction in which it writes.  Constant time, flat; sides come into being when they are first
// asked for, since connections are numbered in the order in which they are opened.
#pragma once

#include <vector>

#include "swarmsim/checks/side_table.hpp"

namespace swarmlab::swarmsim {

template <class T>
class PerSide final : public SideTable {
 public:
  // A reference is good until a newer connection is asked for.
  T& at(ConnectionId connection, Direction writes) {
    const std::size_t at = slot(connection, writes);
    if (at >= sides_.size()) {
      sides_.resize((at | 1) + 1);
      lies_at(sides_.data(), sizeof(T), sides_.size() * sizeof(T));
    }
    return sides_[at];
  }
  // Null before it is first asked for.
  const T* find(ConnectionId connection, Direction writes) const {
    const std::size_t at = slot(connection, writes);
    return at < sides_.size() ? &sides_[at] : nullptr;
  }
  // Of who wrote this message, and of who reads it.
  T& writer(const WireEvent& event) { return at(event.connection, event.direction); }
  T& reader(const WireEvent& event) { return at(event.connection, opposite(event.direction)); }

  // In the order of connections.
  auto begin() { return sides_.begin(); }
  auto end() { return sides_.end(); }

 private:
  static std::size_t slot(ConnectionId connection, Direction writes) {
    return 2 * std::size_t{connection.value()} + static_cast<std::size_t>(writes);
  }

  std::vector<T> sides_;
};

}  // namespace swarmlab::swarmsim
