// Packets for tests, as a host's stack would make them: drawn with offsets of a stream instead of sequence numbers.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "protocol/ids.hpp"
#include "swarmsim/wire/frames.hpp"

namespace swarmlab::swarmsim::testing {

inline constexpr std::size_t kEthernetBytes = 14;

// Frames begin with Ethernet; packets do not.
inline std::vector<std::byte> without_ethernet(std::vector<std::byte> frame) {
  frame.erase(frame.begin(), frame.begin() + kEthernetBytes);
  return frame;
}
inline std::vector<std::byte> packet(const TcpFrame& frame) { return without_ethernet(encode(frame)); }
inline std::vector<std::byte> packet(const UdpFrame& frame) { return without_ethernet(encode(frame)); }

inline std::vector<std::byte> text(std::string_view words) {
  const Bytes bytes = as_bytes(words);
  return {bytes.begin(), bytes.end()};
}

}  // namespace swarmlab::swarmsim::testing
