// What the router has to say about itself and about the network: how true it was, and what it threw away.
//
// A router that acts late emulates another network than the one that was asked for: one with so much more jitter.  So each of its
// timers tells by how much it was late.  Where that was more than is asked of it, nobody is accused by a check that measures
// time; where it was much too much, or packets were lost that no rule says were to be lost, the run is not judged at all.
// trust_in() says which, and why.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

// A distribution of durations in buckets of about 6 %, from 1 us to 70 s; constant in memory.
class DurationHistogram {
 public:
  void add(Duration value);
  std::uint64_t count() const { return count_; }
  // The upper end of the bucket in which that share of values lies, in thousandths; zero where there are none.
  Duration quantile(std::uint32_t thousandths) const;
  Duration largest() const { return largest_; }

 private:
  static constexpr std::size_t kPerOctave = 16;
  static constexpr std::size_t kOctaves = 27;   // of microseconds
  static std::size_t bucket_of(Duration value);
  static Duration upper_end(std::size_t bucket);

  std::array<std::uint64_t, kPerOctave * kOctaves> buckets_{};
  std::uint64_t count_ = 0;
  Duration largest_{};
};

// Why packets did not arrive.  Those of the first group were meant to be lost.
struct PacketDrops {
  std::uint64_t queue_full = 0;        // of an uplink or a downlink
  std::uint64_t line_loss = 0;         // `loss` of a link
  std::uint64_t partitioned = 0;
  std::uint64_t offline = 0;           // one of the hosts had no cable
  std::uint64_t nat = 0;               // refused by a NAT, connections and datagrams
  std::uint64_t outside = 0;           // addressed to nobody in the lab, or from an address that is not the host's
  // Not meant:
  std::uint64_t missed = 0;            // the kernel threw them away, as the router did not read in time
  std::uint64_t refused = 0;           // a host's stack took no more
  std::uint64_t too_many = 0;          // more on their way than the router keeps
};

// Packets that somebody sent to nobody in the lab: what a client tried to reach.
struct OutsideTraffic {
  HostId from;
  std::string destination;    // "239.192.152.143:6771", "8.8.8.8:53", "an IPv6 address"
  std::string protocol;       // "udp", "tcp", "icmp", "igmp", "ipv6", "protocol 47"
  std::uint64_t packets = 0;
};

struct LabStatistics {
  std::string_view carrier = "router"; // what stood between the hosts; or "relay"
  DurationHistogram lateness;          // of the router's timers, against the moment for which each was set
  std::uint64_t entered_packets = 0;   // as hosts handed them over: a super-packet is one
  std::uint64_t delivered_packets = 0;
  std::uint64_t delivered_bytes = 0;   // with their headers
  std::uint64_t resets_injected = 0;
  std::uint64_t packets_in_flight = 0;
  std::uint64_t unseen = 0;            // records for which the watcher's ring had no room
  Duration waited_for_processor{};     // the router's thread was ready and another one ran
  Duration ran{};                      // the router's thread
  bool has_priority = false;           // over everything that has no real-time priority; root may have that
  PacketDrops drops;
  std::vector<OutsideTraffic> outside; // in the order of hosts, then of destinations
};

// How far a real run can be believed; both are empty where it was what had been asked for.
struct Trust {
  std::string invalid;   // why it says nothing
  std::string rough;     // how the machine did not keep up: it says nothing against anybody by a measure of time
  // The first trouble of either sort counts.
  void add(Trust other);
};

// Timers may be late by a tenth of the smallest delay of a link (zero: of none), and by 5 ms in any case; that is asked of 99 of
// 100.  Up to a second, the grain of what checks measure, the network is rough, as long as half of the timers were in time: that is
// a machine whose processors are taken away now and then.  Beyond, the router itself is overloaded.
Trust trust_in(const LabStatistics& statistics, Duration smallest_delay);

// A process that was ready to run for a tenth of the time and had no processor is slower than itself, and after half of it not itself.
Trust trust_in_process(std::string_view name, Duration waited, Duration elapsed);

// A line for a report: "router: 12,345 packets in, ... lateness p50 0.021 ms, p99 1.7 ms, max 4.0 ms".
std::string describe(const LabStatistics& statistics);

}  // namespace swarmlab::swarmsim
