#include "swarmsim/lab/router.hpp"

#include <sys/epoll.h>

#include <algorithm>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr int kPacketsPerTurn = 32;                    // of one descriptor, before timers are looked at again
constexpr std::int64_t kMostBytesKept = 512 << 20;     // of packets on their way or held
constexpr std::size_t kMostOutside = 10'000;           // different destinations; beyond it they are told as one

std::string protocol_name(std::uint8_t protocol) {
  switch (static_cast<IpProtocol>(protocol)) {
    case IpProtocol::icmp: return "icmp";
    case IpProtocol::igmp: return "igmp";
    case IpProtocol::tcp: return "tcp";
    case IpProtocol::udp: return "udp";
  }
  return "protocol " + std::to_string(protocol);
}

}  // namespace

Router::Router(PacketPort& port, LabLinks& links, PacketRing& ring)
    : port_(port), links_(links), ring_(ring), is_paused_(links.host_count(), false), buffer_(kPortBuffer), thread_(*this, "lab-router") {
  const std::span<const int> descriptors = port_.descriptors();
  for (std::size_t i = 0; i < descriptors.size(); ++i) thread_.watch(descriptors[i], i, EPOLLIN);
}

Router::~Router() { stop(); }

void Router::stop() {
  // The thread's own times have to be asked of the thread.
  call([this] { statistics_ = statistics(); });
  thread_.stop();
}

void Router::on_ready(std::uint64_t which, std::uint32_t) {
  const auto descriptor = static_cast<std::size_t>(which);
  for (int i = 0; i < kPacketsPerTurn; ++i) {
    const auto received = port_.receive(descriptor, buffer_);
    if (!received) return;
    enter(HostId(received->host), received->offload, received->packet);
  }
}

std::optional<Time> Router::next_due() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().due;
}

void Router::run_due() {
  while (!heap_.empty()) {
    const Time at = now();
    if (heap_.front().due > at) return;
    const Event event = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
    statistics_.lateness.add(at - event.due);
    switch (event.stage) {
      case Stage::at_downlink: arrive(event.packet, event.due); break;
      case Stage::at_host: hand_over(event.packet); break;
    }
  }
}

void Router::post(Time due, Stage stage, std::uint32_t packet) {
  heap_.push_back({.due = due, .number = next_number_++, .packet = packet, .stage = stage});
  std::push_heap(heap_.begin(), heap_.end());
}

void Router::enter(HostId from, const Offload& offload, Bytes packet) {
  ++statistics_.entered_packets;
  const Time at = now();
  const auto sight = look_at(packet);
  const auto to = sight ? links_.host_of(sight->to.address) : std::nullopt;
  if (!to || sight->from.address != links_.host(from).address) {
    ++statistics_.drops.outside;
    count_outside(from, sight, packet);
    return;
  }
  ring_.put(PacketMoment::entered, from, at, packet);
  connections_.entered(*sight, at);
  if (is_paused_[from.value()]) {
    if (bytes_kept_ > kMostBytesKept) ++statistics_.drops.too_many;
    else held_.push_back({.host = from, .is_entering = true, .packet = keep(from, *to, offload, packet)});
    return;
  }
  send(from, *to, offload, packet);
}

void Router::send(HostId from, HostId to, const Offload& offload, Bytes packet) {
  if (offload.segment_bytes == 0 || !links_.takes_packets_apart(from, to)) {
    send_one(from, to, offload, packet, LabLinks::Which::original);
  } else {
    split(packet, offload, scratch_,
          [&](Bytes one, const Offload& its) { send_one(from, to, its, one, LabLinks::Which::original); });
  }
}

void Router::send_one(HostId from, HostId to, const Offload& offload, Bytes packet, LabLinks::Which which) {
  const auto sight = look_at(packet);
  SWARM_ASSERT(sight);
  const auto departure = links_.depart(from, to, *sight, packet.size(), now(), which);
  if (departure.fate != Fate::goes_on) return count_drop(departure.fate);
  if (bytes_kept_ > kMostBytesKept) {
    ++statistics_.drops.too_many;
    return;
  }
  const std::uint32_t kept = keep(from, to, offload, packet);
  if (departure.port && *departure.port != sight->from.port)
    rewrite_port(packets_[kept].bytes, *sight, offload, PortOf::sender, *departure.port);
  // Straight on where nothing has to wait; behind what is due by then, so that a flow keeps its order.
  if (departure.due <= now() && (heap_.empty() || heap_.front().due > departure.due)) arrive(kept, departure.due);
  else post(departure.due, Stage::at_downlink, kept);
  if (departure.is_doubled) send_one(from, to, offload, packet, LabLinks::Which::copy);
}

void Router::arrive(std::uint32_t kept, Time due) {
  Packet& packet = packets_[kept];
  const auto sight = look_at(packet.bytes);
  SWARM_ASSERT(sight);
  const auto arrival = links_.arrive(packet.to, *sight, packet.bytes.size(), due);
  if (arrival.fate != Fate::goes_on) {
    count_drop(arrival.fate);
    release(kept);
    return;
  }
  if (arrival.port && *arrival.port != sight->to.port)
    rewrite_port(packet.bytes, *sight, packet.offload, PortOf::receiver, *arrival.port);
  if (arrival.due <= now() && (heap_.empty() || heap_.front().due > arrival.due)) hand_over(kept);
  else post(arrival.due, Stage::at_host, kept);
}

void Router::hand_over(std::uint32_t kept) {
  const Packet& packet = packets_[kept];
  if (is_paused_[packet.to.value()]) {
    held_.push_back({.host = packet.to, .is_entering = false, .packet = kept});
    return;
  }
  // What the stack answers to it is later than this.
  const Time at = now();
  if (port_.deliver(packet.to.value(), packet.offload, packet.bytes)) {
    ++statistics_.delivered_packets;
    statistics_.delivered_bytes += packet.bytes.size();
    ring_.put(PacketMoment::delivered, packet.to, at, packet.bytes);
    if (const auto sight = look_at(packet.bytes)) connections_.delivered(*sight, at);
  } else {
    ++statistics_.drops.refused;
  }
  release(kept);
}

void Router::reset_connections(HostId a, HostId b) {
  const Time at = now();
  for (const auto& reset : connections_.resets_between(links_.host(a).address, links_.host(b).address)) {
    const auto to = links_.host_of(reset.to.address);
    SWARM_ASSERT(to);
    const std::vector<std::byte> packet = reset_packet(reset.from, reset.to, reset.sequence);
    if (!port_.deliver(to->value(), {}, packet)) continue;
    ++statistics_.resets_injected;
    ring_.put(PacketMoment::delivered, *to, at, packet);
  }
}

void Router::pause(HostId host) { is_paused_[host.value()] = true; }

void Router::resume(HostId host) {
  is_paused_[host.value()] = false;
  std::deque<Held> held;
  held.swap(held_);
  for (const Held& one : held) {
    if (one.host != host) {
      held_.push_back(one);
    } else if (one.is_entering) {
      const Packet packet = std::move(packets_[one.packet]);
      bytes_kept_ -= static_cast<std::int64_t>(packet.bytes.size());
      free_.push_back(one.packet);
      send(packet.from, packet.to, packet.offload, packet.bytes);
    } else {
      // It had come down the line: what stood still was the machine.
      hand_over(one.packet);
    }
  }
}

LabStatistics Router::statistics() {
  LabStatistics all = statistics_;
  if (!thread_.runs()) return all;
  all.drops.missed = statistics_.drops.missed += port_.count_missed();
  all.has_priority = thread_.has_priority();
  all.unseen = ring_.lost();
  all.packets_in_flight = heap_.size() + held_.size();
  std::tie(all.ran, all.waited_for_processor) = processor_times();
  all.outside.clear();
  for (const auto& [key, packets] : outside_)
    all.outside.push_back({.from = std::get<0>(key), .destination = std::get<1>(key), .protocol = std::get<2>(key), .packets = packets});
  return all;
}

void Router::count_drop(Fate fate) {
  PacketDrops& drops = statistics_.drops;
  switch (fate) {
    case Fate::goes_on: break;
    case Fate::queue_full: ++drops.queue_full; break;
    case Fate::line_loss: ++drops.line_loss; break;
    case Fate::partitioned: ++drops.partitioned; break;
    case Fate::offline: ++drops.offline; break;
    case Fate::nat: ++drops.nat; break;
  }
}

void Router::count_outside(HostId from, const std::optional<PacketSight>& sight, Bytes packet) {
  std::string destination = "nobody";
  std::string protocol = "damaged";
  if (sight) {
    protocol = protocol_name(sight->protocol);
    destination = sight->to.port == 0 ? to_string(sight->to.address) : to_string(sight->to);
    if (sight->from.address != links_.host(from).address) protocol += " from " + to_string(sight->from.address);
  } else if (!packet.empty() && std::to_integer<int>(packet[0] >> 4) == 6) {
    destination = "an IPv6 address";
    protocol = "ipv6";
  }
  const auto key = std::tuple(from, destination, protocol);
  if (outside_.size() >= kMostOutside && !outside_.contains(key)) ++outside_[{from, "other destinations", "any"}];
  else ++outside_[key];
}

std::uint32_t Router::keep(HostId from, HostId to, const Offload& offload, Bytes packet) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(packets_.size()));
    packets_.emplace_back();
  }
  const std::uint32_t kept = free_.back();
  free_.pop_back();
  Packet& room = packets_[kept];
  room.from = from;
  room.to = to;
  room.offload = offload;
  room.bytes.assign(packet.begin(), packet.end());
  bytes_kept_ += static_cast<std::int64_t>(packet.size());
  return kept;
}

void Router::release(std::uint32_t kept) {
  // Its bytes' memory stays with the place, for the next packet there.
  bytes_kept_ -= static_cast<std::int64_t>(packets_[kept].bytes.size());
  packets_[kept].bytes.clear();
  free_.push_back(kept);
}

}  // namespace swarmlab::swarmsim
