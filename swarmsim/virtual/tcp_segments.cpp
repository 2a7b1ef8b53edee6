// TcpLayer's segments: how they are made, carried and taken apart into packets.
#include <algorithm>

#include "swarmsim/virtual/tcp_layer.hpp"

namespace swarmlab::swarmsim {
namespace {

// Of a stream's owner, as much as it is likely to need first; it is somebody else's type.
constexpr std::size_t kOwnerBytes = 384;

// What the path cut off a burst is missing from its segment.
void fit_to_burst(Segment& segment) {
  if (segment.length == 0) return;
  const std::uint32_t carried = static_cast<std::uint32_t>(segment.carried.burst.packets) * tcp::kMss;
  if (carried >= segment.length) return;
  segment.length = carried;
  segment.flags &= static_cast<std::uint8_t>(~Segment::fin);
}

}  // namespace

std::uint32_t TcpLayer::new_segment(EndRef from, std::uint8_t flags) {
  const std::uint32_t index = segments_.take();
  Segment& segment = segments_[index];
  segment.connection = connection_of(from).id;
  segment.slot = from / 2;
  segment.from = end_at(from).host;
  segment.to = static_cast<std::uint8_t>(1 - from % 2);
  segment.flags = flags;
  segment.length = 0;
  segment.begin = 0;
  segment.acknowledgements = 0;
  segment.acknowledged = 0;
  segment.window_edge = 0;
  segment.selective = Pool<SelectiveRanges>::kNone;
  segment.sent_at = loop_.now();
  segment.echo = kNever;
  segment.heard = end_at(from).heard;
  segment.carried = {.burst = {.packets = 1, .full_wire_bytes = tcp::kHeaderBytes,
                               .last_wire_bytes = tcp::kHeaderBytes}};
  return index;
}

void TcpLayer::prefetch_segment(std::uint32_t segment) const {
  const auto* at = reinterpret_cast<const char*>(&segments_[segment]);
  __builtin_prefetch(at);
  __builtin_prefetch(at + 64);
}

void TcpLayer::prefetch_connection(std::uint32_t segment) const {
  const Segment& known = segments_[segment];
  const Connection& connection = connections_[known.slot];
  const auto* at = reinterpret_cast<const char*>(&connection.ends[known.to]);
  for (std::size_t line = 0; line < sizeof(TcpEnd); line += 64) __builtin_prefetch(at + line);
  if (known.length == 0) return;
  __builtin_prefetch(&connection.ends[known.to ^ 1].outgoing);
  if (tap_ != nullptr) tap_->expect(known.connection);
}

void TcpLayer::prefetch_reader(std::uint32_t segment) const {
  const Segment& known = segments_[segment];
  if (known.length == 0) return;
  const Connection& connection = connections_[known.slot];
  const TcpEnd& reader = connection.ends[known.to];
  connection.ends[known.to ^ 1].outgoing.prefetch(pools_);
  if (reader.handler == nullptr) return;
  __builtin_prefetch(hosts_[reader.host].streams.data() + reader.stream.value());
  const auto* handler = reinterpret_cast<const char*>(reader.handler);
  for (std::size_t line = 0; line < kOwnerBytes; line += 64) __builtin_prefetch(handler + line);
}

void TcpLayer::add_acknowledgement(TcpEnd& end, Segment& segment) {
  const TcpReceiver::Reading reading = end.receiver.take_reply();
  segment.flags |= Segment::ack;
  segment.acknowledged = reading.offset;
  segment.window_edge = reading.window_edge;
  segment.acknowledgements = reading.count;
  segment.echo = reading.echo.value_or(kNever);
  if (end.receiver.has_gaps()) {
    segment.selective = selective_.take();
    selective_[segment.selective] = end.receiver.selective();
  }
}

void TcpLayer::release_segment(std::uint32_t index) {
  Segment& segment = segments_[index];
  if (segment.selective != Pool<SelectiveRanges>::kNone) selective_.release(segment.selective);
  segments_.release(index);
}

void TcpLayer::dispatch(EndRef from, std::uint32_t index) {
  const std::uint32_t sender = end_at(from).host;
  const std::uint32_t to = end_at(from ^ 1).host;
  if (packet_tap_ != nullptr) packet_tap_->on_segment(as_packets(from, segments_[index]), loop_.now());
  if (to == kNoHost) {
    fabric_.send_into_void(sender, segments_[index].carried.burst);
    release_segment(index);
  } else if (segments_[index].flags == Segment::syn && fabric_.refuses_connections(sender, to)) {
    fabric_.send_into_void(sender, segments_[index].carried.burst);
    release_segment(index);
  } else if (!fabric_.has_faults(sender, to)) {
    carry(from, to, index, Duration{0});
  } else if (segments_[index].length == 0) {
    carry_replies(from, to, index);
  } else {
    carry_packets(from, to, index);
  }
}

void TcpLayer::carry(EndRef from, std::uint32_t to, std::uint32_t index, Duration held) {
  Segment& segment = segments_[index];
  TcpEnd& sender = end_at(from);
  if (!fabric_.send(sender.host, to, segment.carried, sender.flow_order, EventKind::segment_arrives, index, held)) {
    release_segment(index);
    return;
  }
  fit_to_burst(segment);
}

std::uint32_t TcpLayer::copy_of(std::uint32_t index) {
  const std::uint32_t copy = segments_.take();
  segments_[copy] = segments_[index];
  if (segments_[index].selective != Pool<SelectiveRanges>::kNone) {
    segments_[copy].selective = selective_.take();
    selective_[segments_[copy].selective] = selective_[segments_[index].selective];
  }
  return copy;
}

// Packets with data: those to which nothing happens go on together, the others alone.
void TcpLayer::carry_packets(EndRef from, std::uint32_t to, std::uint32_t index) {
  const std::uint32_t sender = end_at(from).host;
  const Segment whole = segments_[index];
  const std::int32_t packets = whole.carried.burst.packets;
  const auto carry_part = [&](std::int32_t first, std::int32_t end, Duration held) {
    const std::uint32_t part = copy_of(index);
    Segment& segment = segments_[part];
    const bool has_last = end == packets;
    segment.begin += static_cast<std::uint64_t>(first) * tcp::kMss;
    segment.length = has_last ? whole.length - static_cast<std::uint32_t>(first) * tcp::kMss
                              : static_cast<std::uint32_t>(end - first) * tcp::kMss;
    if (!has_last) segment.flags &= static_cast<std::uint8_t>(~Segment::fin);
    segment.carried.burst.packets = end - first;
    if (!has_last) segment.carried.burst.last_wire_bytes = segment.carried.burst.full_wire_bytes;
    carry(from, to, part, held);
  };
  std::int32_t begin = 0;   // of the packets that go on together
  for (std::int32_t i = 0; i < packets; ++i) {
    const Fabric::Fate fate = fabric_.next_fate(sender, to);
    if (fate.is_usual()) continue;
    if (begin < i) carry_part(begin, i, Duration{0});
    begin = i + 1;
    if (fate.is_lost) {
      const PacketBurst& burst = whole.carried.burst;
      const std::int32_t bytes = i + 1 == packets ? burst.last_wire_bytes : burst.full_wire_bytes;
      fabric_.send_into_void(sender, {.packets = 1, .full_wire_bytes = bytes, .last_wire_bytes = bytes});
      continue;
    }
    carry_part(i, i + 1, fate.held);
    if (fate.is_doubled) carry_part(i, i + 1, fate.held);
  }
  if (begin < packets) carry_part(begin, packets, Duration{0});
  release_segment(index);
}

// Packets without data: one, or the acknowledgements of a train, of which those that arrive say what all would have.
void TcpLayer::carry_replies(EndRef from, std::uint32_t to, std::uint32_t index) {
  const std::uint32_t sender = end_at(from).host;
  PacketBurst& burst = segments_[index].carried.burst;
  const PacketBurst one{.packets = 1, .full_wire_bytes = burst.full_wire_bytes, .last_wire_bytes = burst.last_wire_bytes};
  std::int32_t arriving = 0;
  Fabric::Fate last;
  for (std::int32_t i = 0; i < burst.packets; ++i) {
    const Fabric::Fate fate = fabric_.next_fate(sender, to);
    if (fate.is_lost) {
      fabric_.send_into_void(sender, one);
      continue;
    }
    ++arriving;
    last = fate;
  }
  if (arriving == 0) {
    release_segment(index);
    return;
  }
  burst.packets = arriving;
  if (segments_[index].acknowledgements > arriving) segments_[index].acknowledgements = arriving;
  if (last.is_doubled) carry(from, to, copy_of(index), last.held);
  carry(from, to, index, last.held);
}

TappedSegment TcpLayer::as_packets(EndRef from, const Segment& segment) const {
  const auto has = [&segment](std::uint8_t flag) { return (segment.flags & flag) != 0; };
  const TcpEnd& end = end_at(from);
  TappedSegment shown{.connection = segment.connection,
                      .direction = direction_from(from),
                      .from = end.endpoint,
                      .to = end_at(from ^ 1).endpoint,
                      .syn = has(Segment::syn),
                      .ack = has(Segment::ack),
                      .fin = has(Segment::fin),
                      .rst = has(Segment::rst),
                      .probe = has(Segment::probe),
                      .begin = segment.begin,
                      .length = segment.length,
                      .unacknowledged = end.sender.unacknowledged(),
                      .acknowledged = segment.acknowledged,
                      .window_edge = segment.window_edge,
                      .echo = std::nullopt,
                      .selective = {}};
  if (segment.echo != kNever) shown.echo = segment.echo;
  if (segment.selective != Pool<SelectiveRanges>::kNone) {
    const SelectiveRanges& ranges = selective_[segment.selective];
    shown.selective = std::span(ranges.range).first(ranges.count);
  }
  return shown;
}

// A segment without data: SYN, SYN-ACK, ACK (as many as it stands for), RST, window probe.
void TcpLayer::send_control(EndRef from, std::uint8_t flags) {
  const std::uint32_t index = new_segment(from, flags);
  Segment& segment = segments_[index];
  if ((flags & Segment::rst) == 0) {
    add_acknowledgement(end_at(from), segment);
    if (flags == Segment::syn) segment.flags = Segment::syn;   // nothing to acknowledge yet
    if ((flags & Segment::syn) == 0) segment.carried.burst.packets = segment.acknowledgements;
  }
  dispatch(from, index);
}

void TcpLayer::send_range(EndRef from, ByteRange range) {
  TcpEnd& end = end_at(from);
  const std::uint64_t data_end = std::min(range.end, end.sender.written());
  const bool with_fin = range.end > data_end;
  const std::uint32_t index = new_segment(from, with_fin ? Segment::fin : 0);
  Segment& segment = segments_[index];
  segment.begin = range.begin;
  segment.length = static_cast<std::uint32_t>(data_end - range.begin);
  const auto length = static_cast<std::int32_t>(segment.length);
  const std::int32_t packets = std::max(1, (length + tcp::kMss - 1) / tcp::kMss);
  segment.carried.burst = {.packets = packets, .full_wire_bytes = tcp::kFullPacketBytes,
                           .last_wire_bytes = length - (packets - 1) * tcp::kMss + tcp::kHeaderBytes};
  add_acknowledgement(end, segment);
  if (range.begin < end.sender.next()) retransmitted_packets_ += static_cast<std::uint64_t>(packets);
  dispatch(from, index);
}

void TcpLayer::on_segment_arrives(std::uint32_t host, std::uint32_t index) {
  // Nothing here needs the connection, whose record is likely to be far away in memory.
  Segment& segment = segments_[index];
  switch (fabric_.arrive(segment.from, host, segment.carried, EventKind::segment_delivered, index)) {
    case Fabric::Arrival::lost: release_segment(index); return;
    case Fabric::Arrival::later: fit_to_burst(segment); return;
    case Fabric::Arrival::deliver_now:
      fit_to_burst(segment);
      on_segment_delivered(index);
      return;
  }
}

void TcpLayer::on_segment_delivered(std::uint32_t index) {
  // The segment stays in its place until all that it causes is done; handlers may make new ones.
  const Segment& segment = segments_[index];
  // A connection is forgotten once neither end waits for anything; segments may still be on their way.
  if (connections_[segment.slot].id != segment.connection) {
    release_segment(index);
    return;
  }
  const EndRef at = segment.slot * 2 + segment.to;
  if (packet_tap_ != nullptr) packet_tap_->on_segment_arrived(as_packets(at ^ 1, segment), loop_.now());
  const auto has = [&segment](std::uint8_t flags) { return (segment.flags & flags) == flags; };
  using enum TcpEnd::State;
  end_at(at).heard = std::max(end_at(at).heard, segment.sent_at);   // it may have been overtaken
  if (has(Segment::syn | Segment::ack)) {
    on_syn_ack(at, segment);
  } else if (has(Segment::syn)) {
    on_syn(at, segment);
  } else if (has(Segment::rst)) {
    on_reset(at);
  } else if (end_at(at).state == gone || end_at(at).state == none) {
    send_control(at, Segment::rst);
  } else if (end_at(at).state != syn_sent) {
    if (end_at(at).state != syn_received || become_accepted(at, segment)) {
      take_acknowledgement(at, segment);
      take_data(at, segment);
    }
  }
  release_segment(index);
}

}  // namespace swarmlab::swarmsim
