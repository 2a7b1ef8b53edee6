#include "swarmsim/lab/relay.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "protocol/assert.hpp"
#include "swarmsim/lab/relay_socket.hpp"
#include "swarmsim/wire/frames.hpp"

namespace swarmlab::swarmsim {
namespace {

using Payload = RelayedConnection::Payload;
using End = RelayedPart::End;

constexpr std::int64_t kSegment = 1448;            // of content in a packet, and
constexpr std::int64_t kHeaders = 52;              // what TCP and IP put around it
constexpr std::int64_t kHandshakePacket = 60;
constexpr std::int64_t kMostAtOnce = 16 * 1024;    // on a line without a rate
constexpr Duration kTurn = 2ms;                    // so much of a line is taken at once
constexpr Duration kFirstRetry = 1s;               // of a SYN (RFC 6298); each wait is twice the one before
constexpr Duration kDialsFor = 127s;
constexpr std::size_t kMostDatagram = 64 * 1024;
constexpr std::size_t kMostAskers = 1024;
constexpr std::uint32_t kAllEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

constexpr std::size_t kEthernetHeader = 14;
constexpr std::size_t kUdpPayload = 28;            // behind the headers of IP and UDP

// What the thread watches: these two, the sides of connections, and whom trackers answer.
constexpr std::uint64_t kListener = 0;
constexpr std::uint64_t kDatagrams = 1;
constexpr std::uint64_t kAsker = std::uint64_t{1} << 62;

std::int64_t wire_bytes(std::size_t content) {
  const auto bytes = static_cast<std::int64_t>(content);
  return bytes + kHeaders * std::max<std::int64_t>((bytes + kSegment - 1) / kSegment, 1);
}

bool has_rate(const std::optional<BytesPerSecond>& line) { return line && line->value() > 0; }

PacketSight sight_of(const Endpoint& from, const Endpoint& to, IpProtocol protocol) {
  PacketSight sight;
  sight.from = from;
  sight.to = to;
  sight.protocol = static_cast<std::uint8_t>(protocol);
  return sight;
}

PacketSight sight_of(const RelayedConnection& connection, std::size_t sender) {
  return sight_of(connection.endpoints[sender], connection.endpoints[1 - sender], IpProtocol::tcp);
}

}  // namespace

// Somebody who asks a UDP tracker.
struct Relay::Asker {
  HostId host;
  HostId tracker;
  Endpoint from;                    // the socket that asked
  int socket = -1;                  // towards the tracker
  ~Asker() { close(socket); }
};

Relay::Relay(const LabAddresses& addresses, LabLinks& links, PacketRing& ring)
    : addresses_(addresses), links_(links), ring_(ring), under_way_to_(links.host_count(), 0), uplink_timer_(links.host_count(), Time{}),
      is_paused_(links.host_count(), false), buffer_(kMostDatagram), thread_(*this, "lab-relay") {}

Relay::~Relay() {
  thread_.stop();
  for (const int socket : {listener_, datagrams_})
    if (socket >= 0) close(socket);
}

std::expected<void, LabUnavailable> Relay::open() {
  constexpr const char* kRemedy = "Relays need Linux 5.7 or later, and loopback addresses beyond 127.0.0.1.";
  listener_ = listen_on_loopback(addresses_.relay_port());
  if (listener_ < 0) return std::unexpected(after_errno("cannot listen on loopback", kRemedy));
  datagrams_ = bind_on_loopback(addresses_.relay_port());
  if (datagrams_ < 0) return std::unexpected(after_errno("cannot take datagrams on loopback", kRemedy));
  thread_.watch(listener_, kListener, EPOLLIN);
  thread_.watch(datagrams_, kDatagrams, EPOLLIN);
  return {};
}

// ---- the thread's work ----

void Relay::run_due() {
  while (!timers_.empty()) {
    const Time at = now();
    const Time due = timers_.begin()->first;
    if (due > at) return;
    const auto action = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    statistics_.lateness.add(at - due);
    action(due);
  }
}

std::optional<Time> Relay::next_due() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first;
}

void Relay::on_ready(std::uint64_t which, std::uint32_t events) {
  if (which == kListener) return accept_all();
  if (which == kDatagrams) return receive_from_askers();
  if (which >= kAsker) return receive_from_tracker(*asker_by_number_.at(which));
  RelayedConnection* const connection = find(which / 2);
  const std::size_t side = which % 2;
  if (connection == nullptr) return;
  if (!connection->is_open) {
    const bool is_answer = side == 1 && !connection->is_answered && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0;
    if (is_answer) answer(connection->number, has_connected(connection->sides[1].socket));
    return;
  }
  if ((events & ~std::uint32_t{EPOLLOUT}) != 0) wait_for_turn(*connection, side);
  if ((events & EPOLLOUT) != 0) write_some(*connection, side);
  take_turns();
}

RelayedConnection* Relay::find(Number number) {
  const auto found = connections_.find(number);
  return found == connections_.end() ? nullptr : found->second.get();
}

bool Relay::is_open(HostId from, HostId to) const { return links_.reaches(from, to) && !is_paused_[from.value()]; }

void Relay::show(PacketMoment moment, HostId host, Bytes packet) {
  if (moment == PacketMoment::entered) {
    ++statistics_.entered_packets;
  } else {
    ++statistics_.delivered_packets;
    statistics_.delivered_bytes += packet.size();
  }
  ring_.put(moment, host, now(), packet);
}

void Relay::show_entered(const RelayedConnection& connection, std::size_t sender, std::uint8_t flags, std::int64_t offset, Bytes bytes) {
  show(PacketMoment::entered, connection.hosts[sender], connection.packet(sender, flags, offset, bytes));
}

void Relay::show_delivered(const RelayedConnection& connection, std::size_t sender, std::uint8_t flags, std::int64_t offset, Bytes bytes) {
  show(PacketMoment::delivered, connection.hosts[1 - sender], connection.packet(sender, flags, offset, bytes, Payload::counted));
}

// ---- a connection begins ----

void Relay::accept_all() {
  for (int socket = accept_one(listener_); socket >= 0; socket = accept_one(listener_)) {
    const auto dialled = addresses_.dialled(local_end(socket).address);
    if (!dialled) {
      reset_and_close(socket);
      continue;
    }
    auto connection = std::make_unique<RelayedConnection>();
    connection->number = next_number_++;
    connection->hosts[0] = dialled->viewer;
    connection->hosts[1] = dialled->seen;
    connection->endpoints[0] = {addresses_.own(dialled->viewer).address, remote_end(socket).port};
    connection->endpoints[1] = addresses_.own(dialled->seen);
    connection->sides[0].socket = socket;
    if (!addresses_.is_peer(dialled->seen))
      connection->sides[0].answers.emplace(
          [this, viewer = dialled->viewer](const Endpoint& known) { return addresses_.translated(known, viewer); });
    show_entered(*connection, 0, TcpFrame::syn, -1);
    const Number number = connection->number;
    connections_.emplace(number, std::move(connection));
    try_to_dial(number, now(), kFirstRetry);
  }
}

void Relay::try_to_dial(Number number, Time asked, Duration until_next) {
  RelayedConnection* const connection = find(number);
  if (connection == nullptr) return;
  const auto [from, to] = connection->hosts;
  if (is_open(from, to) && is_open(to, from)) {
    const auto departure = links_.depart(from, to, sight_of(*connection, 0), kHandshakePacket, now());
    return post(departure.due, [this, number](Time) { dial(number); });
  }
  if (now() - asked >= kDialsFor) {
    reset_and_close(std::exchange(connection->sides[0].socket, -1));
    return forget(number);
  }
  post(now() + until_next, [=, this](Time) { try_to_dial(number, asked, 2 * until_next); });
}

void Relay::dial(Number number) {
  RelayedConnection* const connection = find(number);
  if (connection == nullptr) return;
  const auto [from, to] = connection->hosts;
  // A tracker is to know where its peers are; what it says of them is translated on its way.
  const IpAddress as = addresses_.is_peer(to) ? LabAddresses::relay_address(to, from) : addresses_.own(from).address;
  connection->sides[1].socket = begin_dialling(as, addresses_.own(to));
  if (connection->sides[1].socket < 0) return answer(number, false);
  thread_.watch(connection->sides[1].socket, number * 2 + 1, kAllEvents);
}

void Relay::answer(Number number, bool is_connected) {
  RelayedConnection* const connection = find(number);
  SWARM_ASSERT(connection != nullptr);
  connection->is_answered = true;
  show_delivered(*connection, 0, TcpFrame::syn, -1);
  const auto [from, to] = connection->hosts;
  const Duration back = links_.delay_between(to, from);
  if (is_connected) {
    show_entered(*connection, 1, TcpFrame::syn | TcpFrame::ack, -1);
    return post(now() + back, [this, number](Time) { establish(number); });
  }
  show_entered(*connection, 1, TcpFrame::rst, 0);
  post(now() + back, [this, number](Time) {
    RelayedConnection* const refused = find(number);
    if (refused == nullptr) return;
    show_delivered(*refused, 1, TcpFrame::rst, 0);
    reset_and_close(std::exchange(refused->sides[0].socket, -1));
    forget(number);
  });
}

void Relay::establish(Number number) {
  RelayedConnection* const connection = find(number);
  if (connection == nullptr) return;
  show_delivered(*connection, 1, TcpFrame::syn | TcpFrame::ack, -1);
  connection->is_open = true;
  thread_.watch(connection->sides[0].socket, number * 2, kAllEvents);
  for (const std::size_t side : {0U, 1U}) wait_for_turn(*connection, side);
  take_turns();
}

// ---- streams ----

void Relay::wait_for_turn(RelayedConnection& connection, std::size_t side) {
  RelayedSide& reader = connection.sides[side];
  const bool is_over = reader.ended == End::reset || (reader.ended == End::finished && !reader.is_broken);
  if (is_over || reader.is_waiting) return;
  reader.is_waiting = true;
  waiting_.push_back({connection.number, side});
}

// Once around without a byte, and nobody can go on for now.
void Relay::take_turns() {
  for (std::size_t in_vain = 0; in_vain < waiting_.size();) {
    const Turn turn = waiting_.front();
    waiting_.pop_front();
    RelayedConnection* const connection = find(turn.connection);
    if (connection == nullptr) continue;
    RelayedSide& side = connection->sides[turn.side];
    if (room(*connection, turn.side) > 0) {
      in_vain = 0;
      side.is_waiting = false;
      if (read_some(*connection, turn.side)) wait_for_turn(*connection, turn.side);
      continue;
    }
    ++in_vain;
    waiting_.push_back(turn);
    if (!side.is_drained) continue;
    side.is_drained = false;   // from here on nobody knows when it wrote what
    show_delivered(*connection, 1 - turn.side, TcpFrame::ack, static_cast<std::int64_t>(side.delivered));
  }
}

std::int64_t Relay::room(const RelayedConnection& connection, std::size_t side) {
  const HostId from = connection.hosts[side];
  const HostId to = connection.hosts[1 - side];
  if (!is_open(from, to)) return 0;
  const std::int64_t under_way = connection.sides[side].under_way;
  // More than is left is taken rather than a piece that is smaller than a packet: each costs a line its headers (RFC 9293, 3.8.6.2).
  if (under_way < kSmall) return kSmall;
  if (under_way >= kWindow) return 0;
  const Duration wait = links_.wait_for_room(from, now());
  if (wait > Duration{0}) {
    Time& timer = uplink_timer_[from.value()];
    if (timer > now()) return 0;
    timer = now() + wait;
    post(timer, [this](Time) { take_turns(); });
    return 0;
  }
  const LinkSpec& sender = links_.host(from).link;
  const LinkSpec& receiver = links_.host(to).link;
  std::int64_t at_once = kMostAtOnce;
  if (has_rate(sender.up)) at_once = std::min(at_once, (*sender.up * kTurn).value());
  if (has_rate(receiver.down)) {
    const std::int64_t on_the_way = (*receiver.down * links_.delay_between(from, to)).value();
    if (under_way_to_[to.value()] > on_the_way + receiver.queue.value()) return 0;
    at_once = std::min(at_once, (*receiver.down * kTurn).value());
  }
  return std::max(at_once, kSegment);
}

// Gives whether there may be more.
bool Relay::read_some(RelayedConnection& connection, std::size_t side) {
  RelayedSide& reader = connection.sides[side];
  const auto offset = static_cast<std::int64_t>(reader.read);
  const auto most = static_cast<std::size_t>(std::min(room(connection, side), kMostAtOnce));
  const ssize_t got = recv(reader.socket, buffer_.data(), most, 0);
  if (got > 0) {
    const Bytes bytes = Bytes(buffer_).first(static_cast<std::size_t>(got));
    show_entered(connection, side, TcpFrame::ack, offset, bytes);
    reader.read += bytes.size();
    reader.is_drained = false;
    reader.under_way += got;
    carry(connection, side, {.to = {}, .bytes = {bytes.begin(), bytes.end()}, .end = End::none});
    return true;
  }
  if (got < 0 && !reader.is_broken && (errno == EAGAIN || errno == EINTR)) {
    acknowledge_now(reader.socket);
    reader.is_drained = true;
    show_delivered(connection, 1 - side, TcpFrame::ack, static_cast<std::int64_t>(reader.delivered));
    return false;
  }
  // Of a stack that has reset the connection what it had sent before is read first, and then nothing.
  reader.ended = got == 0 && !reader.is_broken ? End::finished : End::reset;
  show_entered(connection, side, reader.ended == End::finished ? TcpFrame::fin | TcpFrame::ack : TcpFrame::rst, offset);
  carry(connection, side, {.to = {}, .bytes = {}, .end = reader.ended});
  return false;
}

void Relay::carry(RelayedConnection& connection, std::size_t side, RelayedPart part) {
  const HostId from = connection.hosts[side];
  const HostId to = part.to = connection.hosts[1 - side];
  const std::int64_t wire = wire_bytes(part.bytes.size());
  const auto departure = links_.depart(from, to, sight_of(connection, side), static_cast<std::size_t>(wire), now());
  SWARM_ASSERT(departure.fate == Fate::goes_on);
  under_way_to_[to.value()] += wire;
  post(departure.due, [this, number = connection.number, side, whole = std::make_shared<RelayedPart>(std::move(part))](Time due) {
    at_downlink(number, side, whole, due);
  });
}

// On a line it stays, whatever becomes of its connection.
void Relay::at_downlink(Number number, std::size_t side, const std::shared_ptr<RelayedPart>& part, Time due) {
  const RelayedConnection* const connection = find(number);
  const auto wire = static_cast<std::size_t>(wire_bytes(part->bytes.size()));
  const auto arrival = links_.arrive(part->to, connection == nullptr ? PacketSight() : sight_of(*connection, side), wire, due);
  if (arrival.fate == Fate::goes_on) return post(arrival.due, [=, this](Time) { at_host(number, side, part); });
  held_.push_back({part->to, [=, this](Time again) { at_downlink(number, side, part, again); }});
}

void Relay::at_host(Number number, std::size_t side, const std::shared_ptr<RelayedPart>& part) {
  if (is_paused_[part->to.value()]) {
    held_.push_back({part->to, [=, this](Time) { at_host(number, side, part); }});
    return;
  }
  under_way_to_[part->to.value()] -= wire_bytes(part->bytes.size());
  RelayedConnection* const connection = find(number);
  if (connection == nullptr) return take_turns();
  RelayedSide& receiver = connection->sides[1 - side];
  if (part->end == End::reset) {
    show_delivered(*connection, side, TcpFrame::rst, static_cast<std::int64_t>(receiver.delivered));
    forget_with_reset(*connection);
  } else {
    take_part(*connection, side, *part);
    write_some(*connection, 1 - side);
  }
  take_turns();
}

void Relay::take_part(RelayedConnection& connection, std::size_t side, RelayedPart& part) {
  RelayedSide& receiver = connection.sides[1 - side];
  receiver.is_to_end = part.end == End::finished;
  if (receiver.answers) {   // what is written is something else, and its stack has always room for it
    if (!part.bytes.empty()) show_delivered(connection, side, TcpFrame::ack, static_cast<std::int64_t>(receiver.delivered), part.bytes);
    receiver.delivered += part.bytes.size();
    connection.sides[side].under_way -= static_cast<std::int64_t>(part.bytes.size());
    std::vector<std::byte> answers = receiver.answers->take(part.bytes);
    if (!answers.empty()) receiver.unwritten.push_back(std::move(answers));
    std::vector<std::byte> rest = receiver.is_to_end ? receiver.answers->rest() : std::vector<std::byte>();
    if (!rest.empty()) receiver.unwritten.push_back(std::move(rest));
  } else if (!part.bytes.empty()) {
    if (addresses_.is_peer(connection.hosts[side])) receiver.curtain.pass(part.bytes);
    receiver.unwritten.push_back(std::move(part.bytes));
  }
}

void Relay::write_some(RelayedConnection& connection, std::size_t side) {
  RelayedSide& receiver = connection.sides[side];
  RelayedSide& sender = connection.sides[1 - side];
  while (!receiver.unwritten.empty()) {
    const Bytes bytes = Bytes(receiver.unwritten.front()).subspan(receiver.written);
    const ssize_t got = send(receiver.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got < 0) {
      receiver.unwritten.clear();
      receiver.is_broken = true;
      wait_for_turn(connection, side);
      return;
    }
    const auto taken = static_cast<std::size_t>(got);
    receiver.written += taken;
    if (!receiver.answers) {
      show_delivered(connection, 1 - side, TcpFrame::ack, static_cast<std::int64_t>(receiver.delivered), bytes.first(taken));
      receiver.delivered += taken;
      sender.under_way -= got;
    }
    if (receiver.written < receiver.unwritten.front().size()) continue;
    receiver.unwritten.pop_front();
    receiver.written = 0;
  }
  if (!receiver.is_to_end || receiver.has_been_ended) return;
  receiver.has_been_ended = true;
  shutdown(receiver.socket, SHUT_WR);
  show_delivered(connection, 1 - side, TcpFrame::fin | TcpFrame::ack, static_cast<std::int64_t>(receiver.delivered));
  if (sender.has_been_ended) forget(connection.number);
}

void Relay::forget(Number number) {
  const auto found = connections_.find(number);
  SWARM_ASSERT(found != connections_.end());
  connections_.erase(found);
}

void Relay::forget_with_reset(RelayedConnection& connection) {
  for (RelayedSide& side : connection.sides)
    if (side.socket >= 0) reset_and_close(std::exchange(side.socket, -1));
  forget(connection.number);
}

// ---- datagrams, of trackers ----

void Relay::receive_from_askers() {
  while (const auto received = receive_datagram(datagrams_, buffer_)) {
    const auto dialled = addresses_.dialled(received->to);
    if (!dialled || addresses_.is_peer(dialled->seen)) continue;
    std::unique_ptr<Asker>& known = askers_[{dialled->seen, received->from}];
    if (!known) {
      const bool has_room = askers_.size() <= kMostAskers;
      const int socket = has_room ? bind_between(addresses_.own(dialled->viewer).address, addresses_.own(dialled->seen)) : -1;
      if (socket < 0) {
        askers_.erase({dialled->seen, received->from});
        continue;
      }
      known.reset(new Asker{.host = dialled->viewer, .tracker = dialled->seen, .from = received->from, .socket = socket});
      const std::uint64_t number = kAsker + asker_by_number_.size();
      asker_by_number_.emplace(number, known.get());
      thread_.watch(socket, number, EPOLLIN);
    }
    const Bytes bytes = Bytes(buffer_).first(received->bytes);
    const Endpoint from{addresses_.own(known->host).address, known->from.port};
    carry_datagram(known->host, known->tracker, {.from = from, .to = addresses_.own(known->tracker), .payload = bytes},
                   [socket = known->socket](Bytes payload) { send(socket, payload.data(), payload.size(), MSG_NOSIGNAL); });
  }
}

void Relay::receive_from_tracker(const Asker& asker) {
  while (const auto received = receive_datagram(asker.socket, buffer_)) {
    const Endpoint to{addresses_.own(asker.host).address, asker.from.port};
    carry_datagram(asker.tracker, asker.host,
                   {.from = addresses_.own(asker.tracker), .to = to, .payload = Bytes(buffer_).first(received->bytes)},
                   [this, &asker](Bytes payload) {
                     const auto map = [&](const Endpoint& known) { return addresses_.translated(known, asker.host); };
                     send_datagram(datagrams_, LabAddresses::relay_address(asker.host, asker.tracker), asker.from,
                                   datagram_with_other_peers(payload, map));
                   });
  }
}

void Relay::carry_datagram(HostId from, HostId to, const UdpFrame& frame, std::function<void(Bytes)> deliver) {
  const PacketSight sight = sight_of(frame.from, frame.to, IpProtocol::udp);
  std::vector<std::byte> packet = encode(frame);
  packet.erase(packet.begin(), packet.begin() + kEthernetHeader);
  show(PacketMoment::entered, from, packet);
  const bool may_go = is_open(from, to);
  if (!may_go) return void(++statistics_.drops.partitioned);
  const auto departure = links_.depart(from, to, sight, packet.size(), now());
  post(departure.due, [=, this, packet = std::move(packet), deliver = std::move(deliver)](Time due) {
    const auto arrival = links_.arrive(to, sight, packet.size(), due);
    if (arrival.fate != Fate::goes_on) return void(++statistics_.drops.offline);
    post(arrival.due, [=, this](Time) {
      show(PacketMoment::delivered, to, packet);
      deliver(Bytes(packet).subspan(kUdpPayload));
    });
  });
}

// ---- what happens to the network ----

void Relay::reset_connections(HostId a, HostId b) {
  std::vector<RelayedConnection*> between;
  for (const auto& [number, connection] : connections_) {
    const auto [from, to] = connection->hosts;
    if ((from == a && to == b) || (from == b && to == a)) between.push_back(connection.get());
  }
  for (RelayedConnection* const connection : between) {
    ++statistics_.resets_injected;
    for (const std::size_t side : {0U, 1U})
      show_delivered(*connection, side, TcpFrame::rst, static_cast<std::int64_t>(connection->sides[1 - side].delivered));
    forget_with_reset(*connection);
  }
}

void Relay::pause(HostId host) { is_paused_[host.value()] = true; }

void Relay::resume(HostId host) {
  is_paused_[host.value()] = false;
  look_again();
}

void Relay::look_again() {
  std::deque<Held> held;
  held.swap(held_);
  for (Held& one : held) {
    if (is_paused_[one.host.value()] || !links_.is_online(one.host)) held_.push_back(std::move(one));
    else one.action(now());
  }
  take_turns();
}

LabStatistics Relay::statistics() {
  LabStatistics all = statistics_;
  all.carrier = "relay";
  all.has_priority = thread_.has_priority();
  all.unseen = ring_.lost();
  all.packets_in_flight = timers_.size() + held_.size();
  if (thread_.runs()) std::tie(all.ran, all.waited_for_processor) = processor_times();
  return all;
}

}  // namespace swarmlab::swarmsim
