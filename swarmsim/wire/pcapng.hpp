// Pcapng: Ethernet frames into a file that Wireshark, tshark and tcpdump read.
//
// Format: draft-ietf-opsawg-pcapng: a section header, one interface whose times are nanoseconds, names for addresses,
// and one enhanced packet block per frame.  Time 0 of the run is the epoch: 1970-01-01 00:01:30 is 90 s into it.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

class PcapngWriter {
 public:
  // `names`: what the hosts at these IPv4 addresses are called.  `out` outlives the writer; whether it took everything
  // is asked of it.
  PcapngWriter(std::ostream& out, std::span<const std::pair<IpAddress, std::string>> names);

  void add(Time at, Bytes frame);

 private:
  void write_block(std::uint32_t type, const std::vector<std::byte>& body);

  std::ostream& out_;
};

}  // namespace swarmlab::swarmsim
