// LinkSpec: a host's access line as a scenario states it; LinkChange: what of it is to be different.
#pragma once

#include <optional>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

// A rate of nullopt or 0 is unlimited.
struct LinkSpec {
  std::optional<BytesPerSecond> up;
  std::optional<BytesPerSecond> down;
  Duration delay{};            // one way, between this host and the core of the network
  ByteCount queue = 64_KiB;    // of each direction, besides the packet in service
};

// What is stated changes, the rest stays.
struct LinkChange {
  std::optional<BytesPerSecond> up;
  std::optional<BytesPerSecond> down;
  std::optional<Duration> delay;
  std::optional<ByteCount> queue;

  void apply_to(LinkSpec& link) const {
    if (up) link.up = up;
    if (down) link.down = down;
    if (delay) link.delay = *delay;
    if (queue) link.queue = *queue;
  }
};

}  // namespace swarmlab::swarmsim
