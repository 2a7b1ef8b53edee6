// MergedCapture: several capture files of one run as one sequence of packets, each with the host that it was seen at.
//
// Where a file was made shows in it.  An interface all of whose packets come from or go to one host was captured at that host:
// packets leave it there, or arrive.  Any other was captured on the way (or is one of ours, which hold what every host
// sends): its packets have left by then, and nobody saw when they arrived.
//
// Hosts have clocks of their own.  Two files' difference is estimated from packets that left in one and arrived in the
// other: the fastest takes at least the way's delay in each direction, and where both ways are equally long,
//
//   offset = (fastest from a to b, by both clocks  -  fastest from b to a) / 2
//
// so what is unequal in the ways stays as an error of half the difference.  Clocks that drift are not followed.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "swarmsim/capture/capture_file.hpp"
#include "swarmsim/capture/tcp_streams.hpp"

namespace swarmlab::swarmsim {

struct NamedCapture {
  std::string name;          // for notes
  CaptureFile file;
};

struct SeenPacket {
  Time at{};
  HostId host;               // whose stack it left, or was handed to
  bool arrives = false;
  Bytes ip;
};

struct MergedCapture {
  std::vector<SeenPacket> packets;   // in the order of times
  std::vector<Sight> sights;         // by HostId
  std::vector<Time> first_seen;      // by HostId: the first packet that it sent; kNever for who sent none
  std::vector<Time> last_seen;       // the same of its last
  Time end{};                        // of the capture
  bool has_run_times = false;        // times count from the start of the run, not from the first packet
  bool is_virtual = false;           // all of it is a virtual TCP's
  std::vector<std::string> notes;    // what was estimated
};

// Packets between addresses that are nobody's are left out.
MergedCapture merge_captures(std::span<const NamedCapture> captures, const std::map<IpAddress, HostId>& addresses, std::uint32_t hosts);

}  // namespace swarmlab::swarmsim
