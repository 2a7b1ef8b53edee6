// LabCapture: the packets of a lab run as pcapng, one interface per host: raw IP, as each left its sender's stack.
//
// When packets arrived is noted as in captures of virtual time (wire/pcapng.hpp), at the receiver's interface: a packet that was
// lost on the way has no such note.  Super-packets and partial checksums are as the stack made them.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <utility>

#include "swarmsim/wire/packet_watcher.hpp"
#include "swarmsim/wire/pcapng.hpp"

namespace swarmlab::swarmsim {

class LabCapture final : public PacketWatcher {
 public:
  // `hosts` by HostId.  `out` and `to`, who is told of each packet afterwards, outlive it.
  LabCapture(std::ostream& out, std::span<const std::pair<IpAddress, std::string>> hosts, PacketWatcher& to);

  void on_entered(HostId from, Time at, Bytes packet) override;
  void on_delivered(HostId to, Time at, Bytes packet) override;
  // Nothing may follow.
  void finish(Time end) { file_.finish(end); }

 private:
  PcapngWriter file_;
  PacketWatcher& to_;
};

}  // namespace swarmlab::swarmsim
