// PacketTap: every segment that the virtual TCP transmits, as its packets leave the sending host.
//
// For captures: checks see streams (stream_tap.hpp), not packets.  A segment stands for a burst of packets of one message;
// what a full queue or a bad line then does to them, whoever captures at the sender does not see either.
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
  Duration waits{};                     // how long the sender's line is still busy with what came before
  Duration packet_time{};               // how long a full packet takes on it
};

class PacketTap {
 public:
  virtual void on_segment(const TappedSegment& segment, Time at) = 0;

 protected:
  ~PacketTap() = default;
};

}  // namespace swarmlab::swarmsim
