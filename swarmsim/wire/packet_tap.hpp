// PacketTap: every segment of the virtual TCP, as its packets leave the sending host and as they reach the other.
//
// For captures: checks see streams (stream_tap.hpp), not packets.  A segment stands for a burst of packets of one message;
// what a full queue or a bad line then leaves of it is told again when it arrives.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "protocol/endpoint.hpp"
#include "swarmsim/network/byte_ranges.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

struct TappedSegment {
  ConnectionId connection;
  Direction direction = Direction::from_dialler;
  Endpoint from;
  Endpoint to;
  bool syn = false;
  bool ack = false;
  bool fin = false;                     // behind the last byte
  bool rst = false;
  bool probe = false;                   // of a window that is shut
  std::uint64_t begin = 0;              // offset in the stream of its first byte
  std::uint32_t length = 0;
  std::uint64_t unacknowledged = 0;     // nothing before this offset will be transmitted again
  std::uint64_t acknowledged = 0;       // of the other direction, the FIN counted
  std::uint64_t window_edge = 0;        // up to which offset of the other direction may be sent
  std::optional<Time> echo;             // when the segment was sent that this acknowledges
  std::span<const ByteRange> selective;
};

class PacketTap {
 public:
  virtual void on_segment(const TappedSegment& segment, Time at) = 0;
  // It, or what is left of it, is handed to the host that it was sent to.  `unacknowledged` and what the sender's line does
  // mean nothing here.
  virtual void on_segment_arrived(const TappedSegment& segment, Time at) = 0;

 protected:
  ~PacketTap() = default;
};

}  // namespace swarmlab::swarmsim
