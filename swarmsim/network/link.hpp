// Link: one direction of a host's access line, as a box in the path of its packets.
//
// A link serves packets one after another at its rate, in the order in which they are put in; what waits
// stands in a bounded drop-tail queue.  No event moves a packet through it: the link keeps only the time at
// which all it has accepted will be out (`busy until`), from which the bytes that wait follow.
//
// Units: packets count with their headers (wire bytes).  A link without a rate neither queues nor drops.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/units.hpp"
#include "swarmsim/network/link_spec.hpp"

namespace swarmlab::swarmsim {

// Back-to-back packets of equal size except for a shorter last one: what moves as one event.
struct PacketBurst {
  std::int32_t packets = 1;
  std::int32_t full_wire_bytes = 0;   // of each packet but the last
  std::int32_t last_wire_bytes = 0;
  std::int64_t wire_bytes() const {
    return std::int64_t{full_wire_bytes} * (packets - 1) + last_wire_bytes;
  }
  // Keeps the first `kept` packets.
  void cut(std::int32_t kept) {
    if (kept >= packets) return;
    packets = kept;
    last_wire_bytes = full_wire_bytes;
  }
};

struct LinkStatistics {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;             // on the wire
  std::uint64_t dropped_packets = 0;   // the queue was full
};

class Link {
 public:
  Link(std::optional<BytesPerSecond> rate, ByteCount queue);

  struct Passage {
    std::int32_t accepted = 0;   // packets; the others, at the end of the burst, were dropped
    Time first_out{};            // when the first accepted packet has left the link entirely
    Time last_out{};             // the same of the last one
  };
  // Puts in a burst whose packets arrive evenly over [arrives, arrives + spread].  Requires that `arrives`
  // does not run backwards by more than the service time of one burst.
  Passage put(Time arrives, Duration spread, const PacketBurst& burst);

  // Bytes waiting or in service at `now`.
  ByteCount backlog(Time now) const;
  // How long `wire_bytes` take on the line alone.
  Duration service_time(std::int64_t wire_bytes) const;
  std::optional<BytesPerSecond> rate() const;
  ByteCount queue() const { return queue_; }
  void set_queue(ByteCount queue) { queue_ = queue; }
  // What waits already keeps the time it was promised.
  void set_rate(std::optional<BytesPerSecond> rate);
  const LinkStatistics& statistics() const { return statistics_; }

 private:
  std::int64_t bytes_in(Duration time) const;

  std::int64_t rate_ = 0;   // bytes per second; 0: unlimited
  ByteCount queue_;
  Time busy_until_{};
  LinkStatistics statistics_;
};

}  // namespace swarmlab::swarmsim
