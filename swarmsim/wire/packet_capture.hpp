// PacketCapture: a virtual run as the packets that tcpdump would have seen at every host's own line, outwards.
//
// Everything is on it that the virtual TCP transmitted: handshakes, every retransmission, acknowledgements with window and
// selective ranges, FIN and RST; and all datagrams.  Sequence numbers begin anywhere, as they should, but in the same
// place in every run.  Symbolic content is rendered as bytes that are the same wherever the same content is sent, and
// others where it was spoilt; they are not what the torrent's hashes were made of.
//
// When packets arrive is noted as well, in blocks that only our own programs read (pcapng.hpp), by their headers: judging
// the capture then knows both ends of every way.
//
// Where the model is coarser than packets: a burst leaves at one moment, as it does before its line's queue, and an
// acknowledgement that stands for several is shown once.  A SYN's options are those of any stack today, not the model's.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/slice.hpp"
#include "swarmsim/wire/frames.hpp"
#include "swarmsim/wire/packet_tap.hpp"
#include "swarmsim/wire/pcapng.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

class PacketCapture final : public StreamTap, public PacketTap {
 public:
  // As PcapngWriter has them.
  PacketCapture(std::ostream& out, std::span<const std::pair<IpAddress, std::string>> names)
      : file_(out, {.interfaces = {"every host's own line, outwards"}}, names) {}
  // Writes when the run ended.  Nothing may follow.
  void finish(Time end) { file_.finish(end); }

  void on_segment(const TappedSegment& segment, Time at) override;
  void on_segment_arrived(const TappedSegment& segment, Time at) override;
  void on_written(ConnectionId connection, Direction direction, Time at, Bytes bytes) override;
  void on_written(ConnectionId connection, Direction direction, Time at, const runtime::Slice& slice) override;
  void on_datagram_sent(const TappedDatagram& datagram, Time at) override;
  void on_datagram_received(const TappedDatagram& datagram, Time at) override;
  // Packets tell of these.
  void on_connection_opened(const ConnectionInfo&, Time) override {}
  void on_sent(ConnectionId, Direction, Time, std::uint64_t) override {}
  void on_received(ConnectionId, Direction, Time, std::uint64_t) override {}
  void on_ended(ConnectionId, Direction, Time, StreamEnd) override {}

 private:
  // One direction of a connection.
  struct Flow {
    std::deque<runtime::Slice> content;   // from `begin` on: what may still be transmitted
    std::uint64_t begin = 0;
    std::uint64_t written = 0;
    std::uint64_t next = 0;               // behind what was transmitted, the FIN counted
    std::uint64_t acknowledged = 0;       // by it, of the other direction
    std::uint32_t echoed_timestamp = 0;
    bool has_begun = false;               // its SYN was seen
  };

  Flow& flow(ConnectionId connection, Direction direction) { return flows_[{connection, direction}]; }
  static std::uint32_t initial_sequence(ConnectionId connection, Direction direction);
  static void forget(Flow& flow, std::uint64_t upto);
  static std::vector<std::byte> bytes_of(const Flow& flow, std::uint64_t begin, std::size_t length);
  static TcpFrame header_of(const TappedSegment& segment, const Flow& own, const Flow& other, Time at);

  PcapngWriter file_;
  std::map<std::pair<ConnectionId, Direction>, Flow> flows_;
  std::map<IpAddress, std::uint16_t> identifications_;
};

}  // namespace swarmlab::swarmsim
