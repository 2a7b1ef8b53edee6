// RequestDepths: how many requests a peer has open at another (Cohen 2003: five, so that a line is never idle for a round trip).
//
// Looked at whenever a block arrives, just before: then the pipeline is as empty as it gets while it works.
#pragma once

#include <cstdint>
#include <vector>

#include "swarmsim/expect/number.hpp"
#include "swarmsim/expect/open_requests.hpp"

namespace swarmlab::swarmsim {

class RequestDepths {
 public:
  explicit RequestDepths(std::size_t peer_count) : counts_(peer_count) {}

  static EventSet interest() { return OpenRequests::interest(); }
  // Other events than those are ignored.
  void on_event(const WireEvent& event);
  // The median, by nearest rank; nothing where no block came that was asked for.
  Number median(HostId peer) const;

 private:
  static constexpr std::uint32_t kDeepest = 1000;   // more counts as that

  OpenRequests open_;
  std::vector<std::vector<std::uint64_t>> counts_;    // by peer and depth: blocks
};

}  // namespace swarmlab::swarmsim
