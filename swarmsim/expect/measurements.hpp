// Measurements: the values of metrics, gathered from the events of one run.
//
// Only what some expectation wants is gathered; constant time per event.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "swarmsim/checks/arrivals.hpp"
#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/expect/block_gaps.hpp"
#include "swarmsim/expect/choke_gaps.hpp"
#include "swarmsim/expect/entropy.hpp"
#include "swarmsim/expect/metric.hpp"
#include "swarmsim/expect/number.hpp"
#include "swarmsim/expect/piece_spread.hpp"
#include "swarmsim/expect/request_depths.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

class SlotTimes;   // made of what checks use, which know this

class Measurements final : public EventSink {
 public:
  Measurements(const RunFacts& facts, const Arrivals& arrivals);
  ~Measurements();

  // Before the first event.
  void want(Metric metric);
  // What on_event() has to be given for all that is wanted so far.
  EventSet interest() const;
  void on_event(const WireEvent& event) override;
  // Every one that a peer gets.
  void on_whole_piece(const WholePiece& piece);

  // The run is over; before the values of slots are asked for.
  void finish(Time end);

  // False while it waits for something that may still happen to the peer.
  bool is_settled(Metric metric, HostId peer, Time now) const;
  // Requires that it was wanted.  `peer` means nothing for metrics of the run, `others` something only for those that
  // take peers (sorted).  `end`: of the run.
  Number value(Metric metric, HostId peer, std::span<const HostId> others, Time end) const;

 private:
  struct Peer {
    Time first_unchoke = kNever;
    Time first_piece = kNever;
    Time stopped = kNever;
    ByteCount downloaded;
    ByteCount useful;
    ByteCount uploaded;
    ByteCount uploaded_early;             // by the first completion
    ByteCount of_trackers;
    std::int64_t failed_pieces = 0;
    std::int64_t connections = 0;
    std::int64_t requests = 0;
    std::int64_t announces = 0;
  };
  struct Flow {
    HostId from;
    HostId to;
    ByteCount bytes;
  };

  bool wants(Metric metric) const { return wanted_[static_cast<std::size_t>(metric)]; }
  bool wants_any(std::initializer_list<Metric> metrics) const;
  Peer* peer(HostId host) { return host.value() < peers_.size() ? &peers_[host.value()] : nullptr; }
  void on_block(const WireEvent& event);
  Time spread_at() const { return spread_->over_at(); }
  Time completed_at(HostId peer) const { return arrivals_.completed_at(peer); }
  ByteCount flow(HostId from, HostId to) const;

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  std::array<bool, kMetrics> wanted_{};
  std::vector<Peer> peers_;      // by HostId
  std::vector<Flow> flows_;      // two per connection, by its number; where a metric takes peers
  bool is_whole_ = true;         // nobody that came with less than everything has completed
  // Null where no metric wants them.
  std::unique_ptr<SlotTimes> slot_times_;
  std::optional<PieceSpread> spread_;
  std::optional<Entropy> entropy_;
  std::optional<BlockGaps> block_gaps_;
  std::optional<ChokeGaps> choke_gaps_;
  std::optional<RequestDepths> request_depths_;
};

}  // namespace swarmlab::swarmsim
