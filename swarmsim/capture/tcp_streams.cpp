#include "swarmsim/capture/tcp_streams.hpp"

#include <algorithm>
#include <string_view>

#include "protocol/ids.hpp"

namespace swarmlab::swarmsim {
namespace {

// A message may begin so far before the packet in which it ends: a piece of metadata or a long bitfield.
constexpr std::uint64_t kLongestHead = 17 * 1024;
// Windows are at most 1 GiB (RFC 7323); whoever is further ahead than this is not of this stream.
constexpr std::int64_t kFurthest = 64 << 20;
// What a stack that may send does with what is written: it leaves within this time, on a machine that keeps up.
constexpr Duration kAtOnce = 5ms;
// A window that lets a message through, and does not make a stack wait for a better one (RFC 9293, 3.8.6.2.1).
constexpr std::uint32_t kOpenWindow = 4096;
// Surely less than any segment that is full, which Nagle's rule would let pass.
constexpr std::size_t kSmall = 400;
constexpr std::size_t kFirstWindow = 10;   // packets
constexpr std::size_t kMostUnderWay = 64;  // that are counted
// Two captures' clocks differ by what is left of their skew: bytes may be seen to be acknowledged before they are seen.
constexpr Duration kGapPatience = 1s;
constexpr std::size_t kMostAcknowledgements = 1 << 16;
constexpr std::string_view kGreeting = "\x13" "BitTorrent protocol";

Direction direction_of(std::size_t sender) { return sender == 0 ? Direction::from_dialler : Direction::from_acceptor; }

// The offset of a sequence number in the flow, near where it is; negative for what precedes offset 0.
std::int64_t unwrap(std::uint32_t first, std::uint64_t near, std::uint32_t sequence) {
  const std::uint32_t expected = first + static_cast<std::uint32_t>(near);
  return static_cast<std::int64_t>(near) + static_cast<std::int32_t>(sequence - expected);
}

bool begins_with_handshake(Bytes bytes) {
  const std::string_view text = as_text(bytes.first(std::min(bytes.size(), kGreeting.size())));
  return kGreeting.starts_with(text);
}

// BEP 29: version 1, a type of 0 to 4, a known extension.  The tracker's and the DHT's datagrams begin otherwise.
bool looks_like_utp(Bytes payload) {
  return payload.size() >= 20 && (std::to_integer<unsigned>(payload[0]) & 15) == 1 && std::to_integer<unsigned>(payload[0]) >> 4 <= 4 &&
         std::to_integer<unsigned>(payload[1]) <= 2;
}

}  // namespace

TcpStreams::TcpStreams(StreamsOptions options, BoundedTap& tap) : options_(std::move(options)), tap_(tap) {
  report_.hosts.resize(options_.hosts);
}

void TcpStreams::on_entered(HostId from, Time at, Bytes packet) { handle(from, at, packet, false); }
void TcpStreams::on_delivered(HostId to, Time at, Bytes packet) { handle(to, at, packet, true); }

std::optional<HostId> TcpStreams::host_of(const IpAddress& address) const {
  const auto found = options_.addresses.find(address);
  if (found == options_.addresses.end()) return std::nullopt;
  return found->second;
}

void TcpStreams::handle(HostId seen_at, Time at, Bytes bytes, bool arrives) {
  ++report_.packets;
  const auto packet = decode_ip_packet(bytes);
  if (!packet) { ++report_.malformed; return; }
  const auto from = arrives ? host_of(packet->from) : seen_at;
  const auto to = arrives ? seen_at : host_of(packet->to);
  if (!from || !to || from->value() >= options_.hosts || to->value() >= options_.hosts) { ++report_.foreign; return; }
  if (const auto* other = std::get_if<OtherPart>(&packet->part)) {
    if (other->is_fragment) ++report_.fragments;
    return;
  }
  if (const auto* udp = std::get_if<UdpPart>(&packet->part)) return handle_datagram(*from, *to, *packet, *udp, at, arrives);
  const TcpPart& tcp = std::get<TcpPart>(packet->part);
  Connection* connection = connection_of(*from, *to, *packet, tcp, at);
  if (connection == nullptr) return;
  const std::size_t sender = connection->endpoints[0] == Endpoint{packet->from, tcp.from_port} ? 0 : 1;
  const Way way{*connection, sender, tcp, *packet, at};
  if (!arrives || !sight(*from).leaving) enter(way);
  if (arrives) arrive(way);
}

TcpStreams::Connection* TcpStreams::connection_of(HostId from, HostId to, const IpPacket& packet, const TcpPart& tcp,
                                                  Time at) {
  const Endpoint a{packet.from, tcp.from_port};
  const Endpoint b{packet.to, tcp.to_port};
  const Key key = a < b ? Key{a, b} : Key{b, a};
  const auto found = connections_.find(key);
  const bool dials = tcp.syn && !tcp.ack;
  if (found == connections_.end()) {
    if (tcp.rst) return nullptr;
    return begin(key, from, to, packet, tcp);
  }
  Connection& known = found->second;
  if (!dials || (known.endpoints[0] == a && known.flows[0].first == tcp.sequence + 1)) return &known;
  if (known.state == Connection::State::open) {
    const auto reset = std::ranges::find(known.flows, true, &Flow::has_reset);   // and was lost; else nobody saw how it ended
    if (reset != std::end(known.flows))
      tap_.on_ended(known.id, direction_of(static_cast<std::size_t>(reset - std::begin(known.flows))), at, StreamEnd::reset);
    else tap_.on_ended(known.id, Direction::from_dialler, at, StreamEnd::cut);
  }
  connections_.erase(found);
  return begin(key, from, to, packet, tcp);
}

TcpStreams::Connection* TcpStreams::begin(const Key& key, HostId from, HostId to, const IpPacket& packet, const TcpPart& tcp) {
  if (connections_.size() >= options_.most_connections)
    std::erase_if(connections_, [](const auto& entry) {
      return entry.second.state == Connection::State::over || entry.second.state == Connection::State::unread;
    });
  if (connections_.size() >= options_.most_connections) {
    ++report_.hosts[from.value()].incomplete;
    ++report_.hosts[to.value()].incomplete;
    return nullptr;
  }
  Connection& connection = connections_[key];
  connection.hosts[0] = from;
  connection.hosts[1] = to;
  connection.endpoints[0] = {packet.from, tcp.from_port};
  connection.endpoints[1] = {packet.to, tcp.to_port};
  if (tcp.syn && !tcp.ack) {
    connection.flows[0].first = tcp.sequence + 1;
    connection.id = ConnectionId(next_connection_++);
  } else {
    give_up(connection, &UnreadStreams::begun_before);
  }
  return &connection;
}

void TcpStreams::open(Connection& connection, Time at) {
  if (connection.state != Connection::State::dialled) return;
  connection.state = Connection::State::open;
  for (std::size_t i = 0; i < 2; ++i) {
    connection.flows[i].decided_after = at;
    if (sight(connection.hosts[i]).arriving) connection.flows[i].idle_since = at;
  }
  tap_.on_connection_opened({connection.id, connection.hosts[0], connection.hosts[1], connection.endpoints[0], connection.endpoints[1]},
                            at);
}

void TcpStreams::enter(const Way& way) {
  Connection& connection = way.connection;
  const TcpPart& tcp = way.tcp;
  Flow& own = connection.flows[way.sender];
  if (connection.state == Connection::State::unread && connection.refused && *connection.refused != way.sender &&
      way.packet.payload_length > 0) {   // it was understood after all
    connection.refused.reset();
    for (const HostId host : connection.hosts) --report_.hosts[host.value()].refused;
    for (const HostId host : connection.hosts) ++report_.hosts[host.value()].encrypted;
  }
  if (connection.state == Connection::State::unread || connection.state == Connection::State::over) return;
  if (tcp.syn) {
    if (tcp.ack && way.sender == 1 && connection.state == Connection::State::dialled) own.first = tcp.sequence + 1;
    own.window_shift = std::min<int>(tcp.options.window_scale.value_or(0), 14);   // RFC 7323, 2.3
    return;
  }
  if (tcp.rst) {
    own.has_reset = true;
    // What is on its way arrives before it does, and counts.
    if (options_.resets_overtake || !sight(connection.hosts[1 - way.sender]).arriving) end_by_reset(way, StreamEnd::reset);
    return;
  }
  if (!own.first || !connection.flows[1 - way.sender].first) return;   // the answer to the SYN is still to be seen
  if (tcp.ack || way.packet.payload_length > 0) open(connection, way.at);
  take_acknowledgement(way, false);
  if (connection.state != Connection::State::open) return;
  const std::int64_t offset = unwrap(*own.first, own.entered, tcp.sequence);
  if (offset > static_cast<std::int64_t>(own.entered) + kFurthest || offset < -1) return;
  Bytes bytes = way.packet.payload;
  if (offset < 0) bytes = bytes.subspan(std::min<std::size_t>(bytes.size(), 1));   // a probe asks about a byte of the past
  const auto begin = static_cast<std::uint64_t>(std::max<std::int64_t>(offset, 0));
  if (tcp.fin) own.fin = begin + way.packet.payload_length;
  take_bytes(connection, way.sender, begin, bytes, way.at);
}

void TcpStreams::take_bytes(Connection& connection, std::size_t sender, std::uint64_t begin, Bytes bytes, Time at) {
  Flow& flow = connection.flows[sender];
  if (begin > flow.entered) {
    std::vector<std::byte>& place = flow.ahead[begin];
    if (bytes.size() <= place.size()) return;
    flow.ahead_bytes += bytes.size() - place.size();
    place.assign(bytes.begin(), bytes.end());
    // Each entry costs the room of a node as well.
    if (flow.ahead_bytes + 64 * flow.ahead.size() > options_.most_ahead.size()) give_up(connection, &UnreadStreams::incomplete);
    return;
  }
  const auto known = static_cast<std::size_t>(flow.entered - begin);
  flow.has_repeated = flow.has_repeated || (known > 0 && !bytes.empty());
  if (known >= bytes.size()) return;
  tell(connection, sender, bytes.subspan(known), at);
  while (connection.state == Connection::State::open && !flow.ahead.empty() && flow.ahead.begin()->first <= flow.entered) {
    const auto next = flow.ahead.extract(flow.ahead.begin());
    flow.ahead_bytes -= next.mapped().size();
    const auto doubled = static_cast<std::size_t>(flow.entered - next.key());
    if (doubled < next.mapped().size()) tell(connection, sender, Bytes(next.mapped()).subspan(doubled), at);
  }
}

void TcpStreams::tell(Connection& connection, std::size_t sender, Bytes bytes, Time at) {
  Flow& flow = connection.flows[sender];
  if (flow.entered == 0 && !is_rude(connection.hosts[sender])) {
    // RFC 8446, 5.1: a record of type handshake, and the version's first byte.
    const bool is_tls = bytes.size() >= 2 && bytes[0] == std::byte{0x16} && bytes[1] == std::byte{3};
    if (is_tls) return give_up(connection, &UnreadStreams::tls);
    if (!has_tracker(connection) && !begins_with_handshake(bytes)) return pass_over(connection, sender);
  }
  if (sight(connection.hosts[sender]).arriving && could_send_at_once(flow, bytes, at))
    flow.decided_after = std::max(flow.decided_after, at - kAtOnce);
  const Direction direction = direction_of(sender);
  tap_.on_decided_after(connection.id, direction, decided_after(flow, flow.entered));
  tap_.on_written(connection.id, direction, at, bytes);
  flow.entered += bytes.size();
  flow.gap_since.reset();
  tap_.on_sent(connection.id, direction, at, flow.entered);
  tell_received(connection, sender, at);
}

bool TcpStreams::could_send_at_once(Flow& flow, Bytes bytes, Time at) {
  const std::uint64_t end = flow.entered + bytes.size();
  const bool is_small = bytes.size() <= kSmall;
  const bool follows_small = std::ranges::any_of(flow.under_way, [](const auto& packet) { return packet.second; });
  flow.sends_at_once = flow.sends_at_once || (is_small && follows_small);
  // What an acknowledgement has just set free, or a window just opened, may have waited for it.
  const bool was_idle = flow.idle_since != kNever && at > flow.idle_since + kAtOnce;
  const bool has_room = flow.sends_at_once && !flow.has_repeated && flow.room_since != kNever && at > flow.room_since + kAtOnce &&
                        end <= flow.window_edge;
  flow.idle_since = kNever;
  if (flow.under_way.size() < kMostUnderWay) flow.under_way.emplace_back(end, is_small);
  else flow.under_way.back() = {end, is_small || flow.under_way.back().second};
  if (flow.under_way.size() + 1 >= kFirstWindow) flow.room_since = kNever;
  return flow.is_open && (was_idle || has_room);
}

Time TcpStreams::decided_after(Flow& flow, std::uint64_t offset) const {
  const std::uint64_t kept = static_cast<std::uint64_t>(options_.send_buffer.value()) + kLongestHead;
  if (offset <= kept) return flow.decided_after;
  while (!flow.acknowledged.empty() && flow.acknowledged.front().first < offset - kept) flow.acknowledged.pop_front();
  if (!flow.acknowledged.empty()) flow.decided_after = std::max(flow.decided_after, flow.acknowledged.front().second);
  return flow.decided_after;
}

void TcpStreams::note_acknowledgement(Connection& connection, std::size_t writer, std::uint64_t offset, const Way& way) {
  Flow& flow = connection.flows[writer];
  if (sight(connection.hosts[writer]).arriving) {
    const std::uint64_t window = std::uint64_t{way.tcp.window} << connection.flows[way.sender].window_shift;
    const bool was_narrow = !flow.is_open || flow.window_edge < flow.entered + kOpenWindow;
    flow.is_open = window >= kOpenWindow;
    flow.window_edge = offset + window;
    while (!flow.under_way.empty() && flow.under_way.front().first <= offset) flow.under_way.pop_front();
    if (offset == flow.entered && (flow.idle_since == kNever || was_narrow)) flow.idle_since = way.at;
    const bool has_room = flow.under_way.size() + 1 < kFirstWindow;
    if (has_room && (flow.room_since == kNever || was_narrow)) flow.room_since = way.at;
  }
  if (!flow.acknowledged.empty() && flow.acknowledged.back().first >= offset) return;
  if (flow.acknowledged.size() >= kMostAcknowledgements) {   // of two the offset of the later at the time of the earlier: a bound still
    std::deque<std::pair<std::uint64_t, Time>> half;
    for (std::size_t i = 0; i + 1 < flow.acknowledged.size(); i += 2)
      half.emplace_back(flow.acknowledged[i + 1].first, flow.acknowledged[i].second);
    flow.acknowledged = std::move(half);
  }
  flow.acknowledged.emplace_back(offset, way.at);
}

void TcpStreams::take_acknowledgement(const Way& way, bool arrives) {
  if (!way.tcp.ack) return;
  Connection& connection = way.connection;
  const std::size_t writer = 1 - way.sender;
  Flow& flow = connection.flows[writer];
  if (!flow.first) return;
  const std::int64_t offset = unwrap(*flow.first, flow.entered, way.tcp.acknowledged);
  if (offset < 0 || offset > static_cast<std::int64_t>(flow.entered) + kFurthest) return;
  const auto upto = static_cast<std::uint64_t>(offset);
  if (arrives || !sight(connection.hosts[writer]).arriving) note_acknowledgement(connection, writer, std::min(upto, flow.entered), way);
  if (arrives) return;
  if (!sight(connection.hosts[way.sender]).arriving) note_arrival(connection, writer, 0, upto, way.at);
  const std::uint64_t known_end = flow.entered + (flow.fin == flow.entered ? 1 : 0);
  if (connection.state != Connection::State::open || upto <= known_end) return;
  if (!flow.gap_since) flow.gap_since = way.at;
  if (way.at > *flow.gap_since + kGapPatience) give_up(connection, &UnreadStreams::incomplete);
}

void TcpStreams::arrive(const Way& way) {
  Connection& connection = way.connection;
  const TcpPart& tcp = way.tcp;
  Flow& own = connection.flows[way.sender];
  if (connection.state == Connection::State::unread || connection.state == Connection::State::over) return;
  if (tcp.rst) {
    end_by_reset(way, own.has_reset ? StreamEnd::reset : StreamEnd::cut);
    return;
  }
  if (tcp.syn) {
    if (tcp.ack && way.sender == 1 && own.first == tcp.sequence + 1) open(connection, way.at);
    return;
  }
  if (!own.first || connection.state != Connection::State::open) return;
  take_acknowledgement(way, true);
  const std::int64_t offset = unwrap(*own.first, own.entered, tcp.sequence);
  if (offset > static_cast<std::int64_t>(own.entered) + kFurthest) return;
  const std::int64_t end = offset + static_cast<std::int64_t>(way.packet.payload_length) + (tcp.fin ? 1 : 0);
  if (end <= 0 || end == offset) return;
  note_arrival(connection, way.sender, static_cast<std::uint64_t>(std::max<std::int64_t>(offset, 0)), static_cast<std::uint64_t>(end),
               way.at);
}

void TcpStreams::note_arrival(Connection& connection, std::size_t sender, std::uint64_t begin, std::uint64_t end, Time at) {
  Flow& flow = connection.flows[sender];
  if (end <= flow.arrived) return;
  if (begin > flow.arrived) {
    std::uint64_t& known = flow.arrived_ahead[begin];
    known = std::max(known, end);
    if (64 * flow.arrived_ahead.size() > options_.most_ahead.size()) give_up(connection, &UnreadStreams::incomplete);
    return;
  }
  flow.arrived = end;
  while (!flow.arrived_ahead.empty() && flow.arrived_ahead.begin()->first <= flow.arrived) {
    flow.arrived = std::max(flow.arrived, flow.arrived_ahead.begin()->second);
    flow.arrived_ahead.erase(flow.arrived_ahead.begin());
  }
  tell_received(connection, sender, at);
}

void TcpStreams::tell_received(Connection& connection, std::size_t sender, Time at) {
  if (connection.state != Connection::State::open) return;
  Flow& flow = connection.flows[sender];
  const std::uint64_t offset = std::min(flow.arrived, flow.entered);
  const bool is_read = !connection.flows[1 - sender].fin || has_tracker(connection);
  if (offset > flow.told_received && is_read) {
    flow.told_received = offset;
    tap_.on_received(connection.id, direction_of(sender), at, offset);
  }
  if (flow.finished || flow.fin != flow.entered || flow.arrived <= flow.entered) return;
  flow.finished = true;
  tap_.on_ended(connection.id, direction_of(sender), at, StreamEnd::finished);
  if (!connection.flows[1 - sender].finished) return;
  connection.state = Connection::State::over;
  for (Flow& each : connection.flows) each.ahead.clear();
}

void TcpStreams::end_by_reset(const Way& way, StreamEnd how) {
  Connection& connection = way.connection;
  if (connection.state == Connection::State::open) tap_.on_ended(connection.id, direction_of(way.sender), way.at, how);
  connection.state = Connection::State::over;
  for (Flow& flow : connection.flows) flow.ahead.clear();
}

template <class Which>
void TcpStreams::cut_where(Which which, Time at) {
  for (auto& [key, connection] : connections_) {
    if (connection.state == Connection::State::over || connection.state == Connection::State::unread || !which(connection)) continue;
    if (connection.state == Connection::State::open) tap_.on_ended(connection.id, Direction::from_dialler, at, StreamEnd::cut);
    connection.state = Connection::State::over;
    for (Flow& flow : connection.flows) flow.ahead.clear();
  }
}

void TcpStreams::cut(HostId host, Time at) {
  cut_where([host](const Connection& c) { return c.hosts[0] == host || c.hosts[1] == host; }, at);
}

void TcpStreams::cut(HostId a, HostId b, Time at) {
  cut_where([a, b](const Connection& c) { return (c.hosts[0] == a && c.hosts[1] == b) || (c.hosts[0] == b && c.hosts[1] == a); }, at);
}

// What was told of it stays told; its end is not seen.
// Encrypted, it seems; but a client that tries that first and is refused says all in the clear on its next connection.
void TcpStreams::pass_over(Connection& connection, std::size_t sender) {
  connection.state = Connection::State::unread;
  for (Flow& flow : connection.flows) flow = {};
  connection.refused = sender;
  for (const HostId host : connection.hosts) ++report_.hosts[host.value()].refused;
}

void TcpStreams::give_up(Connection& connection, std::uint64_t UnreadStreams::*why) {
  connection.state = Connection::State::unread;
  for (Flow& flow : connection.flows) flow = {};
  for (const HostId host : connection.hosts) ++(report_.hosts[host.value()].*why);
}

void TcpStreams::handle_datagram(HostId from, HostId to, const IpPacket& packet, const UdpPart& udp, Time at, bool arrives) {
  const bool is_tracker = from >= options_.first_tracker || to >= options_.first_tracker;
  const bool enters = !arrives || !sight(from).leaving;
  if (!is_tracker) {
    if (enters && looks_like_utp(packet.payload))
      for (const HostId host : {from, to}) ++report_.hosts[host.value()].utp;
    return;
  }
  if (packet.payload.size() < packet.payload_length) return;   // cut off: nobody could read it
  const TappedDatagram datagram{from, to, {packet.from, udp.from_port}, {packet.to, udp.to_port}, packet.payload};
  if (enters) tap_.on_datagram_sent(datagram, at);
  if (arrives || !sight(to).arriving) tap_.on_datagram_received(datagram, at);
}

}  // namespace swarmlab::swarmsim
