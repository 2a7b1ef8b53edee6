#include "swarmsim/wire/packet_capture.hpp"

#include <algorithm>
#include <limits>

#include "protocol/assert.hpp"
#include "runtime/random.hpp"
#include "swarmsim/network/tcp_parameters.hpp"

namespace swarmlab::swarmsim {
namespace {

using runtime::Slice;

// What stands for symbolic content at this place: eight bytes that depend on content, place and spoiler alone.
std::uint64_t rendered_word(const Slice& slice, std::uint64_t word) {
  return runtime::mix(runtime::mix(slice.content().value(), word), slice.spoiler().value());
}

void append_rendered(std::vector<std::byte>& out, const Slice& slice, std::size_t begin, std::size_t length) {
  const std::uint64_t first = static_cast<std::uint64_t>(slice.offset().value()) + begin;
  std::uint64_t word = rendered_word(slice, first / 8);
  for (std::uint64_t at = first; at < first + length; ++at) {
    if (at % 8 == 0) word = rendered_word(slice, at / 8);
    out.push_back(static_cast<std::byte>(word >> (8 * (at % 8)) & 0xff));
  }
}

// Milliseconds, as most stacks count them; never 0, which would mean none.
std::uint32_t timestamp(Time at) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count()) + 1;
}

}  // namespace

void PacketCapture::on_written(ConnectionId connection, Direction direction, Time at, Bytes bytes) {
  if (!bytes.empty()) on_written(connection, direction, at, Slice::copy_of(bytes));
}

void PacketCapture::on_written(ConnectionId connection, Direction direction, Time, const Slice& slice) {
  if (slice.empty()) return;
  Flow& own = flow(connection, direction);
  own.content.push_back(slice);
  own.written += slice.size();
}

void PacketCapture::on_datagram_sent(const TappedDatagram& datagram, Time at) {
  file_.add(0, at, encode(UdpFrame{.from = datagram.from_endpoint, .to = datagram.to_endpoint,
                                .identification = ++identifications_[datagram.from_endpoint.address],
                                .payload = datagram.payload}));
}

void PacketCapture::on_segment(const TappedSegment& segment, Time at) {
  Flow& own = flow(segment.connection, segment.direction);
  const Flow& other = flow(segment.connection, opposite(segment.direction));
  forget(own, segment.unacknowledged);
  TcpFrame frame = header_of(segment, own, other, at);
  frame.identification = ++identifications_[segment.from.address];
  own.has_begun = own.has_begun || segment.syn;
  own.next = std::max(own.next, segment.begin + segment.length + (segment.fin ? 1 : 0));
  own.acknowledged = std::max(own.acknowledged, segment.acknowledged);
  if (segment.echo) own.echoed_timestamp = frame.echoed_timestamp;
  if (segment.length == 0) return file_.add(0, at, encode(frame));

  const std::uint32_t first = frame.sequence;
  const std::uint8_t flags = frame.flags;
  std::uint32_t packets = 0;
  for (std::uint32_t done = 0; done < segment.length; ++packets) {
    const auto length = std::min<std::uint32_t>(segment.length - done, tcp::kMss);
    const std::vector<std::byte> payload = bytes_of(own, segment.begin + done, length);
    const bool is_last = done + length == segment.length;
    frame.sequence = first + done;
    frame.flags = flags;
    if (is_last) frame.flags |= TcpFrame::psh;
    else frame.flags &= static_cast<std::uint8_t>(~TcpFrame::fin);
    if (packets > 0) frame.identification = ++identifications_[segment.from.address];
    frame.payload = payload;
    file_.add(0, at, encode(frame));
    done += length;
  }
}

// A segment arrives as one super-packet, as a card that joins what it receives hands it on.
void PacketCapture::on_segment_arrived(const TappedSegment& segment, Time at) {
  const Flow& own = flow(segment.connection, segment.direction);
  const TcpFrame frame = header_of(segment, own, flow(segment.connection, opposite(segment.direction)), at);
  std::vector<std::byte> headers = encode(frame);
  set_ip_length(headers, segment.length);
  const std::size_t length = headers.size() + segment.length;
  file_.add_arrival(0, at, headers, length);
}

void PacketCapture::on_datagram_received(const TappedDatagram& datagram, Time at) {
  const std::vector<std::byte> frame = encode(UdpFrame{.from = datagram.from_endpoint, .to = datagram.to_endpoint,
                                                       .identification = 0, .payload = datagram.payload});
  file_.add_arrival(0, at, frame, frame.size());
}

TcpFrame PacketCapture::header_of(const TappedSegment& segment, const Flow& own, const Flow& other, Time at) {
  TcpFrame frame;
  frame.from = segment.from;
  frame.to = segment.to;
  const std::uint32_t begin = initial_sequence(segment.connection, segment.direction);
  const std::uint32_t other_begin = initial_sequence(segment.connection, opposite(segment.direction));
  const bool carries = segment.length > 0 || segment.fin;
  // Offset 0 follows the SYN.  A probe asks about a byte that was acknowledged before.
  frame.sequence = begin + 1 + static_cast<std::uint32_t>(carries ? segment.begin : own.next) - (segment.probe ? 1 : 0);
  if (segment.syn) frame.sequence = begin;
  if (segment.syn) frame.flags |= TcpFrame::syn;
  if (segment.fin) frame.flags |= TcpFrame::fin;
  if (segment.rst) frame.flags |= TcpFrame::rst;
  if (segment.rst && !own.has_begun) frame.sequence = 0;   // refused: there never was anything of its own
  if (segment.ack || (segment.rst && other.has_begun)) {
    frame.flags |= TcpFrame::ack;
    frame.acknowledged = other_begin + 1 + static_cast<std::uint32_t>(segment.rst ? own.acknowledged : segment.acknowledged);
  }
  const std::uint64_t window = segment.window_edge > segment.acknowledged ? segment.window_edge - segment.acknowledged : 0;
  const std::uint64_t scaled = segment.syn ? window : window >> kWindowScale;
  frame.window = static_cast<std::uint16_t>(std::min<std::uint64_t>(scaled, std::numeric_limits<std::uint16_t>::max()));
  if (segment.rst) frame.window = 0;
  frame.timestamp = timestamp(at);
  frame.echoed_timestamp = segment.echo ? timestamp(*segment.echo) : own.echoed_timestamp;
  for (const ByteRange& range : segment.selective)
    frame.selective.emplace_back(other_begin + 1 + static_cast<std::uint32_t>(range.begin),
                                 other_begin + 1 + static_cast<std::uint32_t>(range.end));
  return frame;
}

std::uint32_t PacketCapture::initial_sequence(ConnectionId connection, Direction direction) {
  return static_cast<std::uint32_t>(runtime::mix(connection.value(), static_cast<std::uint64_t>(direction)));
}

void PacketCapture::forget(Flow& flow, std::uint64_t upto) {
  while (!flow.content.empty() && flow.begin + flow.content.front().size() <= upto) {
    flow.begin += flow.content.front().size();
    flow.content.pop_front();
  }
}

std::vector<std::byte> PacketCapture::bytes_of(const Flow& flow, std::uint64_t begin, std::size_t length) {
  SWARM_ASSERT(begin >= flow.begin && begin + length <= flow.written, begin, length, flow.begin, flow.written);
  std::vector<std::byte> bytes;
  bytes.reserve(length);
  std::uint64_t at = flow.begin;
  for (const Slice& slice : flow.content) {
    const std::uint64_t end = at + slice.size();
    const std::uint64_t wanted = begin + bytes.size();
    if (end > wanted) {
      const auto skip = static_cast<std::size_t>(wanted - at);
      const std::size_t part = std::min(slice.size() - skip, length - bytes.size());
      if (slice.kind() == Slice::Kind::symbolic) {
        append_rendered(bytes, slice, skip, part);
      } else {
        const Bytes own = slice.bytes().subspan(skip, part);
        bytes.insert(bytes.end(), own.begin(), own.end());
      }
      if (bytes.size() == length) break;
    }
    at = end;
  }
  return bytes;
}

}  // namespace swarmlab::swarmsim
