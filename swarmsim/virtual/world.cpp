#include "swarmsim/virtual/world.hpp"

#include <map>
#include <utility>

#include "protocol/assert.hpp"
#include "swarmsim/virtual/content_digest.hpp"
#include "swarmsim/virtual/datagram_layer.hpp"
#include "swarmsim/virtual/disk_files.hpp"
#include "swarmsim/virtual/event_loop.hpp"
#include "swarmsim/virtual/fabric.hpp"
#include "swarmsim/virtual/tcp_layer.hpp"
#include "swarmsim/virtual/virtual_hasher.hpp"
#include "swarmsim/virtual/virtual_network.hpp"
#include "swarmsim/virtual/virtual_timers.hpp"

namespace swarmlab::swarmsim {

class World::Core {
 public:
  // What a host has beyond its links.
  struct Host {
    Host(Core& core, std::uint32_t index, const HostSpec& spec)
        : timers(core.loop, core.fabric.host(index).entity, index),
          files(core.loop, core.fabric.host(index).entity, index, spec.disk, core.contents,
                runtime::Random(core.options.seed, spec.name + "/storage faults")),
          hasher(core.loop, core.fabric.host(index).entity, index, files.disk(), core.contents,
                 core.options.hash_rate),
          network(core.loop, core.fabric, core.tcp, core.datagrams, files, index),
          random(core.options.seed, spec.name),
          disk_chance(core.options.seed, spec.name + "/disk") {}

    bool is_paused = false;
    std::vector<Event> held;        // what came up while it was paused, in order
    VirtualTimers timers;
    DiskFiles files;
    VirtualHasher hasher;
    VirtualNetwork network;
    runtime::Random random;
    runtime::Random disk_chance;
  };

  explicit Core(const WorldOptions& given)
      : options(given),
        fabric(loop, given.seed, given.train_packets),
        tcp(loop, fabric, given.tap, given.packet_tap),
        datagrams(loop, fabric, given.tap) {
    SWARM_ASSERT(given.train_packets >= 1 && given.hash_rate.value() > 0);
  }

  Host& host(HostId id) { return *hosts.at(id.value()); }

  void handle_next() {
    const Event event = loop.take();
    prefetch();
    if (paused_hosts > 0 && is_held(event)) return;
    handle(event);
    tcp.flush();
  }

  void handle(const Event& event) {
    const std::uint32_t target = event.target();
    switch (static_cast<EventKind>(event.kind())) {
      case EventKind::action: act(event.item); break;
      case EventKind::timer: hosts[target]->timers.on_event(event.item, event.sequence); break;
      case EventKind::segment_arrives: tcp.on_segment_arrives(target, event.item); break;
      case EventKind::segment_delivered: tcp.on_segment_delivered(event.item); break;
      case EventKind::retry_timer: tcp.on_retry_timer(target, event.item, event.sequence); break;
      case EventKind::reply_timer: tcp.on_reply_timer(target, event.item, event.sequence); break;
      case EventKind::stream_failed: tcp.on_stream_failed(target, event.item); break;
      case EventKind::datagram_arrives: datagrams.on_arrives(target, event.item); break;
      case EventKind::datagram_delivered: datagrams.on_delivered(target, event.item); break;
      case EventKind::name_resolved: hosts[target]->network.on_name_resolved(event.item); break;
      case EventKind::file_done: hosts[target]->files.on_event(event.item); break;
      case EventKind::hash_done: hosts[target]->hasher.on_event(event.item); break;
    }
  }

  std::optional<std::uint32_t> host_of(const Event& event) const {
    switch (static_cast<EventKind>(event.kind())) {
      case EventKind::action: return std::nullopt;
      case EventKind::retry_timer:
      case EventKind::reply_timer:
      case EventKind::stream_failed: return tcp.host_of(event.target());
      case EventKind::timer:
      case EventKind::segment_arrives:
      case EventKind::segment_delivered:
      case EventKind::datagram_arrives:
      case EventKind::datagram_delivered:
      case EventKind::name_resolved:
      case EventKind::file_done:
      case EventKind::hash_done: return event.target();
    }
    return std::nullopt;
  }

  // An event of a host that stands still waits for it to go on.
  bool is_held(const Event& event) {
    const auto host = host_of(event);
    if (!host || *host >= hosts.size() || !hosts[*host]->is_paused) return false;
    hosts[*host]->held.push_back(event);
    return true;
  }

  void resume(HostId id) {
    Host& h = host(id);
    if (!h.is_paused) return;
    h.is_paused = false;
    --paused_hosts;
    for (const Event& event : std::exchange(h.held, {})) {
      handle(event);
      tcp.flush();
    }
  }

  static bool is_segment(const Event& e) {
    return e.kind() == static_cast<std::uint8_t>(EventKind::segment_arrives) ||
           e.kind() == static_cast<std::uint8_t>(EventKind::segment_delivered);
  }

  // A large swarm is larger than any cache: what an event will need is asked for while those before it are handled, in
  // steps, because each leads to the next.
  void prefetch() const {
    const auto segment_ahead = [this](std::size_t steps) -> const Event* {
      const Event* event = loop.ahead(steps);
      return event != nullptr && is_segment(*event) ? event : nullptr;
    };
    if (const Event* event = segment_ahead(8)) tcp.prefetch_segment(event->item);
    if (const Event* event = segment_ahead(5)) tcp.prefetch_connection(event->item);
    if (const Event* event = segment_ahead(2)) tcp.prefetch_reader(event->item);
  }

  void act(std::uint32_t index) {
    const std::function<void()> action = std::move(actions[index]);
    actions[index] = nullptr;
    action();
  }

  void end_process(HostId id, TcpLayer::Farewell farewell) {
    Host& h = host(id);
    h.timers.end_process();
    h.files.end_process();
    h.hasher.end_process();
    h.network.end_process();
    datagrams.end_process(id.value());
    tcp.end_process(id.value(), farewell);
  }

  WorldOptions options;
  EventLoop loop;
  Fabric fabric;
  TcpLayer tcp;
  DatagramLayer datagrams;
  ContentTable contents;
  std::vector<std::unique_ptr<Host>> hosts;
  std::uint32_t paused_hosts = 0;
  std::map<std::string, Entity, std::less<>> timelines;   // entities that are no hosts
  std::vector<std::function<void()>> actions;             // by event item; taken out when they run
};

World::World(const WorldOptions& options) : core_(std::make_unique<Core>(options)) {}
World::~World() = default;

HostId World::add_host(const HostSpec& spec) {
  SWARM_ASSERT(!spec.name.empty() && !spec.addresses.empty(), spec.name);
  const std::uint32_t index = core_->fabric.add_host(spec.name, spec.addresses, spec.link);
  core_->tcp.add_host();
  core_->datagrams.add_host();
  core_->hosts.push_back(std::make_unique<Core::Host>(*core_, index, spec));
  return HostId(index);
}

runtime::Outside World::outside(HostId host) {
  Core::Host& h = core_->host(host);
  return {.clock = core_->loop, .timers = h.timers, .network = h.network, .files = h.files,
          .hasher = h.hasher, .random = h.random};
}

VirtualFiles& World::files(HostId host) { return core_->host(host).files; }
const std::string& World::name(HostId host) const { return core_->fabric.host(host.value()).name; }

runtime::ContentId World::add_content(std::string_view identity) { return core_->contents.add(identity); }

Time World::now() const { return core_->loop.now(); }

bool World::run_until(Time limit) {
  core_->tcp.flush();   // what was written before the run
  while (core_->loop.has_event_until(limit)) core_->handle_next();
  core_->loop.advance_to(limit);
  return !core_->loop.empty();
}

bool World::run_while(const std::function<bool()>& go_on, Time limit) {
  core_->tcp.flush();
  while (go_on()) {
    if (!core_->loop.has_event_until(limit)) return false;
    core_->handle_next();
  }
  return true;
}

void World::at(Time time, std::string_view entity, std::function<void()> action) {
  auto found = core_->timelines.find(entity);
  if (found == core_->timelines.end()) {
    // A timeline is another entity than a host of the same name: their sequences must not depend on each other.
    const std::uint64_t key = runtime::mix(1, entity);
    found = core_->timelines.emplace(std::string(entity), Entity{.key = key}).first;
  }
  const auto index = static_cast<std::uint32_t>(core_->actions.size());
  core_->actions.push_back(std::move(action));
  core_->loop.post(time, found->second, EventKind::action, 0, index);
}

void World::detach(HostId host) { core_->fabric.host(host.value()).attached = false; }
void World::attach(HostId host) { core_->fabric.host(host.value()).attached = true; }

void World::end_process(HostId host) { core_->end_process(host, TcpLayer::Farewell::reset); }

void World::crash(HostId host) {
  core_->end_process(host, TcpLayer::Farewell::none);
  Core::Host& h = core_->host(host);
  h.files.disk().crash(h.disk_chance);
}

void World::kill(HostId host) {
  end_process(host);
  Core::Host& h = core_->host(host);
  h.files.disk().crash(h.disk_chance);
}

void World::pause(HostId host) {
  Core::Host& h = core_->host(host);
  if (h.is_paused) return;
  h.is_paused = true;
  ++core_->paused_hosts;
}

void World::resume(HostId host) { core_->resume(host); }
bool World::is_paused(HostId host) const { return core_->host(host).is_paused; }

std::uint32_t World::partition(const std::vector<std::vector<HostId>>& cells, bool one_way) {
  Separation separation{.cells = {}, .one_way = one_way};
  for (const auto& cell : cells) {
    auto& numbers = separation.cells.emplace_back();
    for (const HostId host : cell) numbers.push_back(host.value());
  }
  return core_->fabric.separate(separation);
}

void World::heal(std::uint32_t partition) { core_->fabric.heal(partition); }
void World::set_core_delays(CoreDelays delays) { core_->fabric.set_core_delays(std::move(delays)); }
void World::reset_connections(HostId a, HostId b) { core_->tcp.reset_between(a.value(), b.value()); }

void World::set_link(HostId host, const LinkSpec& link) { core_->fabric.host(host.value()).set_link(link); }
const LinkSpec& World::link(HostId host) const { return core_->fabric.host(host.value()).spec; }

WorldStatistics World::statistics() const {
  WorldStatistics all{.events = core_->loop.events(), .queued_events = core_->loop.waiting(),
                      .lost_packets = core_->fabric.lost_packets(),
                      .retransmitted_packets = core_->tcp.retransmitted_packets(),
                      .timeouts = core_->tcp.timeouts(), .connections = core_->tcp.connections()};
  for (std::uint32_t i = 0; i < core_->fabric.host_count(); ++i) {
    const FabricHost& host = core_->fabric.host(i);
    all.packets += host.up.statistics().packets;
    all.wire_bytes += host.up.statistics().bytes;
    all.dropped_packets += host.up.statistics().dropped_packets + host.down.statistics().dropped_packets;
  }
  return all;
}

const LinkStatistics& World::uplink_statistics(HostId host) const {
  return core_->fabric.host(host.value()).up.statistics();
}
const LinkStatistics& World::downlink_statistics(HostId host) const {
  return core_->fabric.host(host.value()).down.statistics();
}

std::uint64_t World::event_trace() const { return core_->loop.trace(); }

std::vector<Sha1Digest> symbolic_piece_hashes(std::string_view identity, ByteCount length,
                                              ByteCount piece_length) {
  SWARM_ASSERT(length.value() >= 0 && piece_length.value() > 0, length, piece_length);
  const Sha1Digest content = content_identity(identity);
  std::vector<Sha1Digest> digests;
  for (ByteCount at; at < length; at += piece_length) {
    ContentDigest piece;
    piece.append_symbolic(content, static_cast<std::uint64_t>(at.value()),
                          static_cast<std::uint64_t>(std::min(piece_length, length - at).value()), 0);
    digests.push_back(piece.finish());
  }
  return digests;
}

}  // namespace swarmlab::swarmsim
