// World: a network of hosts in virtual time, and the run loop that moves it.
//
// Each host offers a whole runtime::Outside; the engines that run on it are the very objects that run on
// real sockets.  Nothing happens except in events, which are handled one after another in the order of
// (time, key of the entity that posted it, that entity's own sequence); an entity's key comes from its name.
// So neither the order in which hosts are added nor the presence of another host changes what a host does,
// except through packets.  All chance comes from one random stream per host, derived from seed and name.
//
// Physics: docs/network_model.md.  Not thread-safe; several worlds may live at once, each on one thread.
// What outside() refers to lives as long as the world; engines must be gone, or their process ended, before it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"
#include "runtime/outside.hpp"
#include "runtime/slice.hpp"
#include "swarmsim/network/core_delays.hpp"
#include "swarmsim/network/link.hpp"
#include "swarmsim/virtual/virtual_files.hpp"
#include "swarmsim/wire/packet_tap.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

struct HostSpec {
  std::string name;                    // distinct; also what Network::resolve() knows it by
  std::vector<IpAddress> addresses;    // at least one, each of one host only
  LinkSpec link;
  DiskSpec disk;
};

struct WorldOptions {
  std::uint64_t seed = 1;
  StreamTap* tap = nullptr;            // sees everything the network carries; none where null
  PacketTap* packet_tap = nullptr;     // sees every packet as it leaves, for captures
  // The most back-to-back packets of one flow that may move as one event.  1: every packet by itself.
  // The default carries a block of 16 KiB with its header.
  std::int32_t train_packets = 12;
  // What hashing takes; it happens off the engine's path but one request after another on each host.
  BytesPerSecond hash_rate{std::int64_t{1} << 30};
};

struct WorldStatistics {
  std::uint64_t events = 0;
  std::uint64_t queued_events = 0;     // waiting now
  std::uint64_t packets = 0;           // accepted by uplinks
  std::uint64_t wire_bytes = 0;
  std::uint64_t dropped_packets = 0;   // in full queues, up and down
  std::uint64_t lost_packets = 0;      // addressed to nobody, cut off, or lost by a link
  std::uint64_t retransmitted_packets = 0;
  std::uint64_t timeouts = 0;          // retransmission timers that fired in earnest
  std::uint64_t connections = 0;       // dialled so far
};

class World {
 public:
  explicit World(const WorldOptions& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Numbered from 0 in the order of the calls.
  HostId add_host(const HostSpec& spec);
  runtime::Outside outside(HostId host);
  VirtualFiles& files(HostId host);
  const std::string& name(HostId host) const;

  // A torrent's content that is only named.  `identity` says which: equal identities in two worlds stand for
  // equal bytes and give equal digests.  Requires an identity that is new to this world.
  runtime::ContentId add_content(std::string_view identity);

  Time now() const;
  // Handles every event up to and including `limit`; then now() is limit.  False: nothing is left to happen.
  bool run_until(Time limit);
  // Handles events while `go_on` holds (asked before each) and the next is not after `limit`.
  // True: stopped because go_on() no longer holds; false: nothing happens before or at `limit` any more.
  bool run_while(const std::function<bool()>& go_on, Time limit);
  // Calls `action` at that time, as an event of the entity of that name (which need not be a host).
  void at(Time time, std::string_view entity, std::function<void()> action);

  // ---- what may befall a host (from at(), or between runs; never from within an engine's callback) ----
  // The host vanishes from the network without a word: packets to and from it are lost.
  void detach(HostId host);
  void attach(HostId host);
  // The host's process is gone: no handler of it is called any more, its timers, listeners, sockets and open
  // files are closed.  The kernel lives on: streams end as by reset().  To be called, too, before a process is started
  // where power was cut: only now the tap hears that its connections are over.
  void end_process(HostId host);
  // Power is cut: the process is gone, nothing is said to the network, and what was not synced is torn.  The other
  // ends, and so the tap, learn of it when they give up or are answered with RST.
  void crash(HostId host);
  // The process is killed: its streams are reset by the kernel, which lives on, and what was not synced is torn.
  void kill(HostId host);
  // The host stands still: nothing runs on it, and what arrives waits until resume(), when all of it comes through
  // the downlink at once (whose queue holds no more than it holds).
  void pause(HostId host);
  void resume(HostId host);
  bool is_paused(HostId host) const;
  // Packets between hosts of different cells are lost, or (one_way) only those from an earlier cell to a later.
  // Hosts of no cell reach everybody.  Lasts until heal() is called with the number that this returns.
  std::uint32_t partition(const std::vector<std::vector<HostId>>& cells, bool one_way);
  void heal(std::uint32_t partition);
  // In force for packets sent from now on; by HostId.
  void set_core_delays(CoreDelays delays);
  // Every connection between the two is reset at both ends.
  void reset_connections(HostId a, HostId b);
  void set_link(HostId host, const LinkSpec& link);   // its queue limit and delay hold for packets from now on
  const LinkSpec& link(HostId host) const;

  WorldStatistics statistics() const;
  const LinkStatistics& uplink_statistics(HostId host) const;
  const LinkStatistics& downlink_statistics(HostId host) const;
  // A number made of every event handled so far, in order: two runs that differ anywhere differ here.
  std::uint64_t event_trace() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

// The digests of a torrent's pieces whose content is `content`, authentic: what the Hasher of that world
// gives for them.  Takes no virtual time.
std::vector<Sha1Digest> symbolic_piece_hashes(std::string_view identity, ByteCount length,
                                              ByteCount piece_length);

}  // namespace swarmlab::swarmsim
