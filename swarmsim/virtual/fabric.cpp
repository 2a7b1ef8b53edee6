#include "swarmsim/virtual/fabric.hpp"

#include <algorithm>
#include <limits>

#include "protocol/assert.hpp"
#include "swarmsim/network/tcp_parameters.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::int32_t kNoLimit = std::numeric_limits<std::int32_t>::max();

std::int32_t train_on(const Link& link) {
  if (!link.rate()) return kNoLimit;
  const std::int64_t bytes = std::min((*link.rate() * tcp::kTrainTime).value(), link.queue().value() / 8);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(bytes / tcp::kFullPacketBytes, 1, kNoLimit));
}

std::uint32_t packet_ns(const Link& link) {
  return static_cast<std::uint32_t>(
      std::min<std::int64_t>(link.service_time(tcp::kFullPacketBytes).count(), 0xffff'ffff));
}

}  // namespace

FabricHost::FabricHost(std::string host_name, std::uint64_t run_seed, const LinkSpec& link)
    : name(std::move(host_name)),
      entity{.key = runtime::mix(0, name)},
      chance(run_seed, name + "/network"),
      up(link.up, link.queue),
      down(link.down, link.queue),
      seed(run_seed) {
  set_link(link);
}

void FabricHost::set_link(const LinkSpec& wanted) {
  SWARM_ASSERT(wanted.delay >= Duration{0} && wanted.queue.value() >= 0);
  spec = wanted;
  up.set_rate(spec.up);
  down.set_rate(spec.down);
  up.set_queue(spec.queue);
  down.set_queue(spec.queue);
  delay = spec.delay;
  up_train = train_on(up);
  down_train = train_on(down);
  up_packet_ns = packet_ns(up);
  down_packet_ns = packet_ns(down);
  up_faults.reset();
  down_faults.reset();
  if (spec.nat == NatKind::open) nat.reset();
  else if (!nat || nat->kind() != spec.nat) nat.emplace(spec.nat);
  if (!spec.faults.any()) return;
  up_faults = std::make_unique<LinkFaults>(spec.faults, runtime::Random(seed, name + "/uplink"));
  down_faults = std::make_unique<LinkFaults>(spec.faults, runtime::Random(seed, name + "/downlink"));
}

std::size_t Fabric::AddressHash::operator()(const IpAddress& address) const {
  std::uint64_t hash = 0;
  for (const std::uint8_t octet : address.octets()) hash = (hash ^ octet) * 0x100000001b3;
  return static_cast<std::size_t>(hash ^ (hash >> 32));
}

std::uint32_t Fabric::add_host(const std::string& name, std::span<const IpAddress> addresses,
                               const LinkSpec& link) {
  const std::uint32_t index = host_count();
  auto host = std::make_unique<FabricHost>(name, seed_, link);
  const bool is_new_name = by_key_.emplace(host->entity.key, index).second;
  SWARM_ASSERT(is_new_name, name);
  host->addresses.assign(addresses.begin(), addresses.end());
  for (const IpAddress& address : addresses) {
    const bool is_new = by_address_.emplace(address, index).second;
    SWARM_ASSERT(is_new, name, to_string(address));
  }
  hosts_.push_back(std::move(host));
  return index;
}

std::optional<std::uint32_t> Fabric::host_of(const IpAddress& address) const {
  const auto found = by_address_.find(address);
  if (found == by_address_.end()) return std::nullopt;
  return found->second;
}

const FabricHost* Fabric::host_named(std::string_view name) const {
  const auto found = by_key_.find(runtime::mix(0, name));
  if (found == by_key_.end() || hosts_[found->second]->name != name) return nullptr;
  return hosts_[found->second].get();
}

std::int32_t Fabric::train_limit(std::uint32_t from, std::uint32_t to) const {
  if (from == to) return train_packets_;
  return std::min({train_packets_, hosts_[from]->up_train, hosts_[to]->down_train});
}

Fabric::Fate Fabric::next_fate(std::uint32_t from, std::uint32_t to) {
  Fate fate;
  const auto ask = [&fate, now = loop_.now()](LinkFaults* faults) {
    if (faults == nullptr || fate.is_lost) return;
    fate.is_lost = faults->loses(now);
    fate.held += faults->holds_back();
    fate.is_doubled = faults->doubles() || fate.is_doubled;
  };
  ask(hosts_[from]->up_faults.get());
  ask(hosts_[to]->down_faults.get());
  return fate;
}

bool Fabric::send(std::uint32_t from, std::uint32_t to, Carried& carried, Time& flow_order, EventKind arrival,
                  std::uint32_t item, Duration held) {
  FabricHost& sender = *hosts_[from];
  const Time now = loop_.now();
  if (from == to) {
    carried.spread_ns = 0;
    loop_.post(now + tcp::kLoopbackDelay, sender.entity, arrival, to, item);
    return true;
  }
  PacketBurst& burst = carried.burst;
  if (!sender.attached) {
    lost_packets_ += static_cast<std::uint64_t>(burst.packets);
    return false;
  }
  if (!cuts_.empty() && is_cut(from, to)) {
    send_into_void(from, burst);
    return false;
  }
  const Link::Passage passage = sender.up.put(now, Duration{0}, burst);
  if (passage.accepted == 0) return false;
  burst.cut(passage.accepted);

  const FabricHost& receiver = *hosts_[to];
  const std::uint32_t slowest_ns = std::max(sender.up_packet_ns, receiver.down_packet_ns);
  const auto jitter = Duration(static_cast<std::int64_t>((sender.chance.next() >> 32) * slowest_ns >> 32));
  Duration on_the_way = sender.delay + receiver.delay + core_delays_.between(from, to) + jitter;
  if (sender.up_faults != nullptr) on_the_way += sender.up_faults->jitter();
  if (receiver.down_faults != nullptr) on_the_way += receiver.down_faults->jitter();
  const Duration spread = passage.last_out - passage.first_out;
  carried.spread_ns = static_cast<std::uint32_t>(std::min<std::int64_t>(spread.count(), 0xffff'ffff));
  // A slower downlink still works on the burst when its last packet arrives, a faster one waits for it.
  Time due = std::max(passage.first_out + receiver.down.service_time(burst.wire_bytes()),
                      passage.last_out + receiver.down.service_time(burst.last_wire_bytes)) + on_the_way;
  if (due <= flow_order) due = flow_order + Duration{1};
  if (held > Duration{0}) due += held;
  else flow_order = due;
  loop_.post(due, sender.entity, arrival, to, item);
  return true;
}

std::uint32_t Fabric::separate(const Separation& separation) {
  SWARM_ASSERT(separation.cells.size() <= 255, separation.cells.size());
  Cut cut{.number = next_cut_++, .one_way = separation.one_way, .cell = std::vector<std::uint8_t>(host_count(), 0)};
  for (std::size_t i = 0; i < separation.cells.size(); ++i)
    for (const std::uint32_t host : separation.cells[i]) cut.cell[host] = static_cast<std::uint8_t>(i + 1);
  cuts_.push_back(std::move(cut));
  return cuts_.back().number;
}

void Fabric::heal(std::uint32_t number) { std::erase_if(cuts_, [&](const Cut& cut) { return cut.number == number; }); }

bool Fabric::is_cut(std::uint32_t from, std::uint32_t to) const {
  return std::ranges::any_of(cuts_, [&](const Cut& cut) {
    const std::uint8_t a = from < cut.cell.size() ? cut.cell[from] : std::uint8_t{0};
    const std::uint8_t b = to < cut.cell.size() ? cut.cell[to] : std::uint8_t{0};
    return a != 0 && b != 0 && (cut.one_way ? a < b : a != b);
  });
}

void Fabric::send_into_void(std::uint32_t from, const PacketBurst& burst) {
  FabricHost& sender = *hosts_[from];
  // What the queue has no room for is counted there.
  const std::int32_t lost = sender.attached ? sender.up.put(loop_.now(), Duration{0}, burst).accepted : burst.packets;
  lost_packets_ += static_cast<std::uint64_t>(lost);
}

Fabric::Arrival Fabric::arrive(std::uint32_t from, std::uint32_t to, Carried& carried, EventKind delivery,
                               std::uint32_t item) {
  if (from == to) return Arrival::deliver_now;
  FabricHost& receiver = *hosts_[to];
  if (!receiver.attached) {
    lost_packets_ += static_cast<std::uint64_t>(carried.burst.packets);
    return Arrival::lost;
  }
  const Time now = loop_.now();
  const Duration service = receiver.down.service_time(carried.burst.wire_bytes());
  const Link::Passage passage = receiver.down.put(now - service, Duration(carried.spread_ns), carried.burst);
  if (passage.accepted == 0) return Arrival::lost;
  carried.burst.cut(passage.accepted);
  if (passage.last_out <= now || !receiver.down.rate()) return Arrival::deliver_now;
  loop_.post(passage.last_out, receiver.entity, delivery, to, item);
  return Arrival::later;
}

}  // namespace swarmlab::swarmsim
