// BlockGaps: how long a peer waits from one block that is news to it to the next (Legout et al. 2006, "interarrival times").
//
// The paper compares the first hundred blocks and the last hundred with all: a client that begins slowly has gaps at the start,
// one without an end-game at the end.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/units.hpp"
#include "swarmsim/expect/number.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

class BlockGaps {
 public:
  static constexpr std::size_t kFew = 100;
  enum class Which : std::uint8_t { all, first, last };   // of the last two kFew blocks each

  explicit BlockGaps(std::size_t peer_count) : arrivals_(peer_count) {}

  // In the order of time; requires a peer.
  void on_news(HostId peer, Time at) { arrivals_[peer.value()].push_back(at); }
  // The median, by nearest rank; nothing where there are fewer blocks than kFew + 1.
  Number median(HostId peer, Which which) const;

 private:
  std::vector<std::vector<Time>> arrivals_;   // by peer
};

}  // namespace swarmlab::swarmsim
