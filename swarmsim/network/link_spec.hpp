// LinkSpec: a host's access line as a scenario states it; LinkChange: what of it is to be different.
#pragma once

#include <optional>

#include "protocol/units.hpp"
#include "swarmsim/network/link_faults.hpp"
#include "swarmsim/network/nat.hpp"

namespace swarmlab::swarmsim {

// A rate of nullopt or 0 is unlimited.
struct LinkSpec {
  std::optional<BytesPerSecond> up;
  std::optional<BytesPerSecond> down;
  Duration delay{};            // one way, between this host and the core of the network
  ByteCount queue = 64_KiB;    // of each direction, besides the packet in service
  LinkFaultSpec faults{};      // of each direction
  NatKind nat = NatKind::open;
};

// What is stated changes, the rest stays.
struct LinkChange {
  std::optional<BytesPerSecond> up;
  std::optional<BytesPerSecond> down;
  std::optional<Duration> delay;
  std::optional<ByteCount> queue;
  std::optional<Duration> jitter;
  std::optional<Share> loss;
  std::uint32_t loss_burst = 1;        // goes with loss
  std::optional<Share> reorder;
  std::optional<Duration> reorder_by;
  std::optional<Share> duplicate;
  std::optional<NatKind> nat;

  void apply_to(LinkSpec& link) const {
    if (up) link.up = up;
    if (down) link.down = down;
    if (delay) link.delay = *delay;
    if (queue) link.queue = *queue;
    if (jitter) link.faults.jitter = *jitter;
    if (loss) link.faults.loss = *loss;
    if (loss) link.faults.loss_burst = loss_burst;
    if (reorder) link.faults.reorder = *reorder;
    if (reorder_by) link.faults.reorder_by = *reorder_by;
    if (duplicate) link.faults.duplicate = *duplicate;
    if (nat) link.nat = *nat;
  }
};

}  // namespace swarmlab::swarmsim
