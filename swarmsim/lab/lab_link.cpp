#include "swarmsim/lab/lab_link.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr ByteCount kEndless = ByteCount(std::int64_t{1} << 40);
constexpr std::size_t kManyFlows = 16'384;   // then those with nothing on its way are forgotten

std::uint32_t number_of(const IpAddress& address) {
  std::uint32_t number = 0;
  for (const std::uint8_t octet : address.octets()) number = number << 8 | octet;
  return number;
}

PacketBurst one_packet(std::size_t bytes) {
  const auto wire = static_cast<std::int32_t>(bytes);
  return {.packets = 1, .full_wire_bytes = wire, .last_wire_bytes = wire};
}

}  // namespace

LabLinks::LabLinks(std::vector<LabHostSpec> hosts, std::uint64_t seed, CoreDelays core_delays, QueueKind queues)
    : seed_(seed), core_delays_(std::move(core_delays)), queues_(queues) {
  for (LabHostSpec& spec : hosts) {
    SWARM_ASSERT(!spec.address.is_v6(), to_string(spec.address));
    const bool is_new = by_address_.emplace(number_of(spec.address), static_cast<std::uint32_t>(hosts_.size())).second;
    SWARM_ASSERT(is_new, spec.name, to_string(spec.address));
    const LinkSpec link = spec.link;
    hosts_.push_back({.spec = std::move(spec), .up = Link(link.up, link.queue), .down = Link(link.down, link.queue),
                      .up_faults = {}, .down_faults = {}, .nat = {}});
    renew(hosts_.back(), link);
  }
}

std::optional<HostId> LabLinks::host_of(const IpAddress& address) const {
  if (address.is_v6()) return std::nullopt;
  const auto found = by_address_.find(number_of(address));
  if (found == by_address_.end()) return std::nullopt;
  return HostId(found->second);
}

Duration LabLinks::smallest_delay() const {
  Duration smallest{};
  for (const Host& host : hosts_) {
    const Duration delay = host.spec.link.delay;
    if (delay > Duration{0} && (smallest == Duration{0} || delay < smallest)) smallest = delay;
  }
  return smallest;
}

void LabLinks::renew(Host& host, const LinkSpec& spec) {
  SWARM_ASSERT(spec.delay >= Duration{0} && spec.queue.value() >= 0);
  host.spec.link = spec;
  host.up.set_rate(spec.up);
  host.down.set_rate(spec.down);
  const ByteCount queue = queues_ == QueueKind::drops ? spec.queue : kEndless;
  host.up.set_queue(queue);
  host.down.set_queue(queue);
  host.up_faults.reset();
  host.down_faults.reset();
  if (spec.nat == NatKind::open) host.nat.reset();
  else if (!host.nat || host.nat->kind() != spec.nat) host.nat.emplace(spec.nat);
  if (!spec.faults.any()) return;
  host.up_faults.emplace(spec.faults, runtime::Random(seed_, host.spec.name + "/uplink"));
  host.down_faults.emplace(spec.faults, runtime::Random(seed_, host.spec.name + "/downlink"));
}

void LabLinks::set_online(HostId host, bool is_online) { hosts_[host.value()].is_online = is_online; }

std::uint32_t LabLinks::partition(const LabPartition& partition) {
  SWARM_ASSERT(partition.cells.size() <= 255, partition.cells.size());
  Cut cut{.number = next_cut_++, .one_way = partition.one_way, .cell = std::vector<std::uint8_t>(hosts_.size(), 0)};
  for (std::size_t i = 0; i < partition.cells.size(); ++i)
    for (const HostId host : partition.cells[i]) cut.cell[host.value()] = static_cast<std::uint8_t>(i + 1);
  cuts_.push_back(std::move(cut));
  return cuts_.back().number;
}

void LabLinks::heal(std::uint32_t number) { std::erase_if(cuts_, [&](const Cut& cut) { return cut.number == number; }); }

bool LabLinks::is_cut(HostId from, HostId to) const {
  return std::ranges::any_of(cuts_, [&](const Cut& cut) {
    const std::uint8_t a = cut.cell[from.value()];
    const std::uint8_t b = cut.cell[to.value()];
    return a != 0 && b != 0 && (cut.one_way ? a < b : a != b);
  });
}

Duration LabLinks::delay_between(HostId from, HostId to) const {
  return hosts_[from.value()].spec.link.delay + hosts_[to.value()].spec.link.delay + core_delays_.between(from.value(), to.value());
}

Duration LabLinks::wait_for_room(HostId host, Time now) const {
  const Host& sender = hosts_[host.value()];
  const std::int64_t beyond = (sender.up.backlog(now) - sender.spec.link.queue).value();
  return beyond < 0 ? Duration{0} : sender.up.service_time(beyond + 1);
}

bool LabLinks::takes_packets_apart(HostId from, HostId to) const {
  const Host& a = hosts_[from.value()];
  const Host& b = hosts_[to.value()];
  return a.up.rate() || b.down.rate() || a.up_faults || b.down_faults;
}

LabLinks::Departure LabLinks::depart(HostId from, HostId to, const PacketSight& packet, std::size_t bytes, Time now, Which which) {
  Host& sender = hosts_[from.value()];
  Host& receiver = hosts_[to.value()];
  if (!sender.is_online) return {.fate = Fate::offline};
  // What is lost beyond the line has taken its time on it like everything else.
  const Link::Passage up = sender.up.put(now, Duration{0}, one_packet(bytes));
  if (up.accepted == 0) return {.fate = Fate::queue_full};
  Departure departure;
  if (sender.nat && packet.is(IpProtocol::udp) && !packet.is_fragment)
    departure.port = sender.nat->send(packet.from.port, packet.to, now);
  const bool dials = packet.tcp && packet.tcp->syn && !packet.tcp->ack;
  if (dials && receiver.nat && !receiver.nat->takes_connections()) return {.fate = Fate::nat};
  if (is_cut(from, to)) return {.fate = Fate::partitioned};

  Duration held{};
  if (which == Which::original) {
    for (std::optional<LinkFaults>* const faults : {&sender.up_faults, &receiver.down_faults}) {
      if (!*faults) continue;
      if ((*faults)->loses(now)) return {.fate = Fate::line_loss};
      held += (*faults)->holds_back();
      departure.is_doubled = (*faults)->doubles() || departure.is_doubled;
    }
  }
  Duration on_the_way = delay_between(from, to);
  if (sender.up_faults) on_the_way += sender.up_faults->jitter();
  if (receiver.down_faults) on_the_way += receiver.down_faults->jitter();
  departure.due = up.last_out + on_the_way;
  if (held > Duration{0}) departure.due += held;
  else departure.due = in_order(flow_of(packet), departure.due, now);
  return departure;
}

LabLinks::Arrival LabLinks::arrive(HostId to, const PacketSight& packet, std::size_t bytes, Time at) {
  Host& receiver = hosts_[to.value()];
  if (!receiver.is_online) return {.fate = Fate::offline};
  Arrival arrival;
  if (receiver.nat && packet.is(IpProtocol::udp) && !packet.is_fragment) {
    arrival.port = receiver.nat->receive(packet.to.port, packet.from, at);
    if (!arrival.port) return {.fate = Fate::nat};
  }
  const Link::Passage down = receiver.down.put(at, Duration{0}, one_packet(bytes));
  if (down.accepted == 0) return {.fate = Fate::queue_full};
  arrival.due = down.last_out;
  return arrival;
}

LabLinks::Flow LabLinks::flow_of(const PacketSight& packet) {
  return {.addresses = std::uint64_t{number_of(packet.from.address)} << 32 | number_of(packet.to.address),
          .ports_and_protocol =
              std::uint64_t{packet.from.port} << 32 | std::uint64_t{packet.to.port} << 16 | packet.protocol};
}

std::size_t LabLinks::FlowHash::operator()(const Flow& flow) const {
  return static_cast<std::size_t>(runtime::mix(flow.addresses, flow.ports_and_protocol));
}

Time LabLinks::in_order(const Flow& flow, Time due, Time now) {
  if (last_due_.size() >= kManyFlows) std::erase_if(last_due_, [now](const auto& entry) { return entry.second < now; });
  Time& last = last_due_[flow];
  last = std::max(due, last + Duration{1});
  return last;
}

}  // namespace swarmlab::swarmsim
