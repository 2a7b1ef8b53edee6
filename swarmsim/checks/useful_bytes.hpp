// UsefulBytes: how much of what each side of a connection sends was of use to the other, over the run's time.
//
// Of use is a block that its receiver had asked for on this connection and had not got yet from anybody.  Neither
// duplicates nor what was pushed unasked earn anything: else a rank could be bought with rubbish (B10).
#pragma once

#include "swarmsim/checks/check.hpp"
#include "swarmsim/checks/time_buckets.hpp"

namespace swarmlab::swarmsim {

class UsefulBytes {
 public:
  // Counts what comes to `receivers`, in such parts of time.
  UsefulBytes(const RunFacts& facts, const Arrivals& arrivals, const std::vector<HostId>& receivers, Duration part)
      : arrivals_(arrivals), is_receiver_(receivers, facts.peers.size()), bytes_(part) {}

  static EventSet interest() { return EventSet{}.sent(MessageKind::request).received(MessageKind::piece); }
  // Other events than those are ignored.
  void on_event(const WireEvent& event);

  // By whoever writes in this direction, in the parts [first, end).
  std::uint64_t sum(ConnectionId connection, Direction writes, std::int64_t first, std::int64_t end) {
    return bytes_.sum(connection, writes, first, end);
  }
  Duration part() const { return bytes_.part(); }
  std::int64_t part_of(Time at) const { return bytes_.part_of(at); }

 private:
  // What was given up stays open: it may come late and be welcome.
  static constexpr std::size_t kMostOpen = 1024;

  const Arrivals& arrivals_;
  PeerSet is_receiver_;
  TimeBuckets bytes_;
  PerSide<std::vector<protocol::BlockRange>> open_;   // by the direction in which the asker writes
};

}  // namespace swarmlab::swarmsim
