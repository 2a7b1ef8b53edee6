// Pcapng: frames into a file that Wireshark, tshark and tcpdump read.
//
// Format: draft-ietf-opsawg-pcapng: a section header, interfaces whose times are nanoseconds, names for addresses,
// and one enhanced packet block per frame.  Time 0 of the run is the epoch: 1970-01-01 00:01:30 is 90 s into it.
//
// When a frame arrived is told by a block of our own (the format keeps types with the highest bit for local use, and other
// programs pass over them): laid out as an enhanced packet block, with what of the frame identifies it.
#pragma once

#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

inline constexpr std::uint32_t kArrivalBlock = 0x8000'0006;
// What the section header says wrote it: a run in virtual time, or one of real processes.
inline constexpr std::string_view kCaptureApplication = "swarmsim";
inline constexpr std::string_view kLabCaptureApplication = "swarmsim lab";

struct PcapngLayout {
  std::string_view application = kCaptureApplication;
  enum class Link : std::uint16_t { ethernet = 1, raw_ip = 101 } link = Link::ethernet;
  std::vector<std::string> interfaces;   // their names
};

class PcapngWriter {
 public:
  // `names`: what the hosts at these IPv4 addresses are called.  `out` outlives the writer; whether it took everything
  // is asked of it.
  PcapngWriter(std::ostream& out, const PcapngLayout& layout, std::span<const std::pair<IpAddress, std::string>> names);

  // `interface`: its number in the layout.
  void add(std::uint32_t interface, Time at, Bytes frame);
  // It reached the host that it was sent to.  `length`: of the whole frame, of which the headers are enough.
  void add_arrival(std::uint32_t interface, Time at, Bytes frame, std::size_t length);
  // When capturing ended (an interface statistics block).  Nothing may follow.
  void finish(Time at);

 private:
  void write_packet(std::uint32_t type, std::uint32_t interface, Time at, Bytes frame, std::size_t length);
  void write_block(std::uint32_t type, const std::vector<std::byte>& body);

  std::ostream& out_;
};

}  // namespace swarmlab::swarmsim
