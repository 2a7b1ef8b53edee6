// LabLinks: what the scenario's links, NATs and partitions do to real packets; the rules, without any packet's bytes.
//
//   host A --uplink--> ) NAT of A, core: A.delay + B.delay + between them, NAT of B ( --downlink--> host B
//
// The same boxes as in sim mode (swarmsim/network: Link, LinkFaults, Nat, CoreDelays), asked packet by packet and in real
// time.  A packet is asked about twice: when it departs, and when it has come as far as its receiver's downlink; so hosts with
// different delays share a downlink in the order of arrival.
//
// Packets of one flow (addresses, ports, protocol) keep their order whatever the jitter, but for those that `reorder` holds back.
// Draws come from streams named after the host and the direction, so another host does not disturb them.
//
// Sizes count from the IP header on, as in sim mode.  Not thread-safe: the router's thread alone uses it once that runs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/random.hpp"
#include "swarmsim/lab/packet_split.hpp"
#include "swarmsim/network/core_delays.hpp"
#include "swarmsim/network/link.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

struct LabHostSpec {
  std::string name;
  IpAddress address;   // IPv4, another one for each
  LinkSpec link;
};

// Packets between hosts of different cells are lost.  Hosts of no cell reach everybody.
struct LabPartition {
  std::vector<std::vector<HostId>> cells;   // at most 255
  bool one_way = false;                     // lost only from an earlier cell to a later one
};

enum class Fate : std::uint8_t { goes_on, queue_full, line_loss, partitioned, offline, nat };

// Whether a full queue throws away what comes.  A relay's does not: it asks for room first.
enum class QueueKind : std::uint8_t { drops, takes_all };

class LabLinks {
 public:
  LabLinks(std::vector<LabHostSpec> hosts, std::uint64_t seed, CoreDelays core_delays, QueueKind queues = QueueKind::drops);

  std::size_t host_count() const { return hosts_.size(); }
  const LabHostSpec& host(HostId id) const { return hosts_[id.value()].spec; }   // with its link as it is now
  std::optional<HostId> host_of(const IpAddress& address) const;
  // The smallest delay of a link that has one; zero where none has.
  Duration smallest_delay() const;

  void set_link(HostId host, const LinkSpec& link) { renew(hosts_[host.value()], link); }
  void set_online(HostId host, bool is_online);
  std::uint32_t partition(const LabPartition& partition);
  void heal(std::uint32_t number);

  bool is_online(HostId host) const { return hosts_[host.value()].is_online; }
  // Neither a missing cable nor a partition is in between.
  bool reaches(HostId from, HostId to) const { return is_online(from) && is_online(to) && !is_cut(from, to); }
  // How long a packet is on its way beside the time that lines take, without jitter.
  Duration delay_between(HostId from, HostId to) const;
  // How long until less waits at the uplink of a host than its queue holds; zero: that is so.
  Duration wait_for_room(HostId host, Time now) const;

  // Whether what goes from one to the other has to be single packets: a line that is slow or bad treats each by itself.
  bool takes_packets_apart(HostId from, HostId to) const;

  struct Departure {
    Fate fate = Fate::goes_on;
    Time due{};                // when it is at its receiver's downlink
    bool is_doubled = false;   // a copy follows: depart() is called for it, too, as `copy`
    std::optional<std::uint16_t> port = {};   // its NAT lets it come from this port
  };
  enum class Which : std::uint8_t { original, copy };
  Departure depart(HostId from, HostId to, const PacketSight& packet, std::size_t bytes, Time now, Which which = Which::original);

  struct Arrival {
    Fate fate = Fate::goes_on;
    Time due{};                // when all of it has come down the line
    std::optional<std::uint16_t> port = {};   // its NAT hands it to this port
  };
  // `at` is the departure's `due`.  The packet is as its sender's NAT left it.
  Arrival arrive(HostId to, const PacketSight& packet, std::size_t bytes, Time at);

 private:
  struct Host {
    LabHostSpec spec;
    Link up;
    Link down;
    std::optional<LinkFaults> up_faults;     // none where the line has none
    std::optional<LinkFaults> down_faults;
    std::optional<Nat> nat;                  // none where it is open
    bool is_online = true;
  };
  struct Cut {
    std::uint32_t number = 0;
    bool one_way = false;
    std::vector<std::uint8_t> cell;          // by host; 0: of none
  };
  struct Flow {
    std::uint64_t addresses = 0;
    std::uint64_t ports_and_protocol = 0;
    friend bool operator==(const Flow&, const Flow&) = default;
  };
  struct FlowHash {
    std::size_t operator()(const Flow& flow) const;
  };

  void renew(Host& host, const LinkSpec& spec);
  bool is_cut(HostId from, HostId to) const;
  static Flow flow_of(const PacketSight& packet);
  Time in_order(const Flow& flow, Time due, Time now);

  std::vector<Host> hosts_;
  std::uint64_t seed_;
  CoreDelays core_delays_;
  QueueKind queues_;
  std::unordered_map<std::uint32_t, std::uint32_t> by_address_;       // looked up, never walked
  std::vector<Cut> cuts_;                                             // those in force
  std::uint32_t next_cut_ = 0;
  std::unordered_map<Flow, Time, FlowHash> last_due_;                 // by flow; walked only to forget
};

}  // namespace swarmlab::swarmsim
