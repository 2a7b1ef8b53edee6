// Fabric: the hosts' access lines and the core between them; carries bursts of packets, knows no protocol.
//
//   host A --uplink--> ) core: A.delay + B.delay ( --downlink--> host B
//
// A burst is handed to the uplink at once (a serial server with a virtual clock, so this takes no event) and
// comes up as one event at the time at which the downlink would have delivered it if nothing else came
// in; only where the downlink was busy is there a second one.  Order on the downlink is therefore that of
// arrival, within one burst's service time (at most 5 ms and an eighth of the queue).
//
// Bursts of one flow keep their order.  Each is held up by a seeded time of less than one packet on the
// slowest link of its path, which keeps deterministic flows from locking in step.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/endpoint.hpp"
#include "runtime/random.hpp"
#include "swarmsim/network/core_delays.hpp"
#include "swarmsim/network/link.hpp"
#include "swarmsim/virtual/event_loop.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

struct FabricHost {
  FabricHost(std::string name, std::uint64_t run_seed, const LinkSpec& link);

  std::string name;
  Entity entity;                  // of everything this host posts
  runtime::Random chance;         // of its packets
  Link up;
  Link down;
  Duration delay{};
  LinkSpec spec;                  // as it is now
  std::int32_t up_train = 0;      // how many packets may move as one event on this link
  std::int32_t down_train = 0;
  std::uint32_t up_packet_ns = 0;     // how long a full packet takes
  std::uint32_t down_packet_ns = 0;
  std::vector<IpAddress> addresses;
  bool attached = true;
  std::uint64_t seed;                           // of the run
  std::unique_ptr<LinkFaults> up_faults;        // null where the line has none
  std::unique_ptr<LinkFaults> down_faults;
  std::optional<Nat> nat;                       // none where it is open

  void set_link(const LinkSpec& spec);
};

// A partition: packets between hosts of different cells are lost in the core.  Hosts of no cell reach everybody.
struct Separation {
  std::vector<std::vector<std::uint32_t>> cells;   // at most 255
  bool one_way = false;                            // lost only from an earlier cell to a later one
};

// What is on its way: given back to the fabric when its first event comes up.
struct Carried {
  PacketBurst burst;
  std::uint32_t spread_ns = 0;    // from its first packet's arrival to its last one's
};

class Fabric {
 public:
  Fabric(EventLoop& loop, std::uint64_t seed, std::int32_t train_packets)
      : loop_(loop), seed_(seed), train_packets_(train_packets) {}

  std::uint32_t add_host(const std::string& name, std::span<const IpAddress> addresses, const LinkSpec& link);
  FabricHost& host(std::uint32_t index) { return *hosts_[index]; }
  const FabricHost& host(std::uint32_t index) const { return *hosts_[index]; }
  std::uint32_t host_count() const { return static_cast<std::uint32_t>(hosts_.size()); }
  std::optional<std::uint32_t> host_of(const IpAddress& address) const;
  const FabricHost* host_named(std::string_view name) const;

  // The most packets that may move as one event between these two.
  std::int32_t train_limit(std::uint32_t from, std::uint32_t to) const;

  // ---- what goes wrong with single packets: whoever sends asks for each packet, in order, and carries out ----
  bool has_faults(std::uint32_t from, std::uint32_t to) const {
    return from != to && (hosts_[from]->up_faults != nullptr || hosts_[to]->down_faults != nullptr);
  }
  struct Fate {
    bool is_lost = false;      // send_into_void()
    Duration held{};           // send() with it, alone
    bool is_doubled = false;   // send() twice
    bool is_usual() const { return !is_lost && held == Duration{0} && !is_doubled; }
  };
  Fate next_fate(std::uint32_t from, std::uint32_t to);

  // Sends a burst; `arrival` will come up at `to` with `item`.  False: nothing of it is on its way, item is the
  // caller's again.  `flow_order` is the flow's own, zero at first.  What the queue had no room for is cut off `carried`.
  // What is `held` arrives so much later and may be overtaken by its flow.
  bool send(std::uint32_t from, std::uint32_t to, Carried& carried, Time& flow_order, EventKind arrival,
            std::uint32_t item, Duration held = {});
  // To nobody: takes its time on the uplink, and is gone.
  void send_into_void(std::uint32_t from, const PacketBurst& burst);

  enum class Arrival : std::uint8_t { deliver_now, later, lost };
  // The first event of a burst has come up.  later: `delivery` will.
  Arrival arrive(std::uint32_t from, std::uint32_t to, Carried& carried, EventKind delivery, std::uint32_t item);

  std::uint64_t lost_packets() const { return lost_packets_; }

  // Whoever is behind a NAT takes no connection from another host.
  bool refuses_connections(std::uint32_t from, std::uint32_t to) const { return from != to && hosts_[to]->nat.has_value(); }
  void set_core_delays(CoreDelays delays) { core_delays_ = std::move(delays); }

  // From now on, until heal() is called with the number that this returns.  Packets under way still arrive.
  std::uint32_t separate(const Separation& separation);
  void heal(std::uint32_t cut);

 private:
  struct Cut {
    std::uint32_t number = 0;
    bool one_way = false;
    std::vector<std::uint8_t> cell;   // by host; 0: of none
  };
  bool is_cut(std::uint32_t from, std::uint32_t to) const;

  struct AddressHash {
    std::size_t operator()(const IpAddress& address) const;
  };

  EventLoop& loop_;
  std::uint64_t seed_;
  std::int32_t train_packets_;
  std::vector<std::unique_ptr<FabricHost>> hosts_;
  std::unordered_map<IpAddress, std::uint32_t, AddressHash> by_address_;   // looked up, never walked
  std::map<std::uint64_t, std::uint32_t> by_key_;
  std::uint64_t lost_packets_ = 0;
  CoreDelays core_delays_;
  std::vector<Cut> cuts_;             // those in force
  std::uint32_t next_cut_ = 0;
};

}  // namespace swarmlab::swarmsim
