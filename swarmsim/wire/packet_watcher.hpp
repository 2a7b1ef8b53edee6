// PacketWatcher: what a router, a relay or a capture shows of the packets of real hosts.
//
// The lab's counterpart of PacketTap (packet_tap.hpp), which tells of virtual segments: here packets are bytes, from the IP
// header on, as the host's own stack made them.  Super-packets (TCP segmentation offload, up to 64 KiB) are ordinary, and
// checksums may be partial.  HostIds as in StreamTap; times count from the start of the run.
//
// Calls come in the order of times, from one thread.  `packet` lives during the call.
#pragma once

#include "protocol/units.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

class PacketWatcher {
 public:
  // It left the stack of `from`: the first that anybody outside that host sees of it.
  virtual void on_entered(HostId from, Time at, Bytes packet) = 0;
  // It was handed to the stack of `to`.  One that entered whole may be delivered in parts, or never.
  virtual void on_delivered(HostId to, Time at, Bytes packet) = 0;

 protected:
  ~PacketWatcher() = default;
};

}  // namespace swarmlab::swarmsim
