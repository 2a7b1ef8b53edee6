#include "swarmsim/expect/measurements.hpp"

#include <algorithm>

#include "protocol/assert.hpp"
#include "swarmsim/expect/slot_times.hpp"

namespace swarmlab::swarmsim {
namespace {

// HTTP requests, and UDP datagrams of every kind.
constexpr EventSet kAnnounces = EventSet{}.sent(MessageKind::tracker_request);
constexpr EventSet kTrackerTalk = EventSet{kAnnounces}.received(MessageKind::tracker_reply);

Number since_start(Time at) { return at == kNever ? Number::never() : Number::of(at - kStart); }

Number rate_of(BytesPerSecond rate) { return rate.value() == 0 ? Number::never() : Number::of(rate); }

}  // namespace

Measurements::Measurements(const RunFacts& facts, const Arrivals& arrivals)
    : facts_(facts), arrivals_(arrivals), peers_(facts.peers.size()) {}

Measurements::~Measurements() = default;

bool Measurements::wants_any(std::initializer_list<Metric> metrics) const {
  return std::ranges::any_of(metrics, [&](Metric metric) { return wants(metric); });
}

void Measurements::want(Metric metric) {
  wanted_[static_cast<std::size_t>(metric)] = true;
  using enum Metric;
  if (wants_any({regular_slot_time_to, slot_time_from, slot_time_to}) && !slot_times_) slot_times_ = std::make_unique<SlotTimes>(facts_);
  if (wants_any({entropy_median, entropy_p20, spread_at, spread_straightness}) && !spread_) spread_.emplace(facts_);
  if (wants_any({entropy_median, entropy_p20}) && !entropy_) entropy_.emplace(facts_.peers.size(), arrivals_);
  if (wants_any({block_gap, block_gap_first, block_gap_last}) && !block_gaps_) block_gaps_.emplace(facts_.peers.size());
  if (wants(choke_gap) && !choke_gaps_) choke_gaps_.emplace(facts_.peers.size());
  if (wants(open_requests) && !request_depths_) request_depths_.emplace(facts_.peers.size());
}

EventSet Measurements::interest() const {
  using enum Metric;
  EventSet events;
  // Whoever waits for something waits no longer for who has been ended.
  if (wants_any({completed_at, download_time, download_rate, first_piece_at, first_unchoke_at, present, stopped_at}))
    events.add(WireEventKind::joined).add(WireEventKind::stopped);
  if (wants(announces)) events.add(kAnnounces);
  if (wants(connections)) events.add(WireEventKind::opened);
  if (wants(requests)) events.sent(MessageKind::request);
  if (wants(first_unchoke_at)) events.received(MessageKind::unchoke);
  if (wants_any({block_gap, block_gap_first, block_gap_last, download_rate, downloaded, downloaded_from, uploaded,
                 uploaded_by_first_completion, uploaded_to, useful, wasted}))
    events.received(MessageKind::piece);
  if (wants(tracker_bytes)) events.add(kTrackerTalk);
  if (slot_times_) events.add(SlotTimes::interest());
  if (entropy_) events.add(Entropy::interest());
  if (choke_gaps_) events.add(ChokeGaps::interest());
  if (request_depths_) events.add(RequestDepths::interest());
  return events;
}

void Measurements::on_event(const WireEvent& event) {
  if (slot_times_) slot_times_->on_event(event);
  if (entropy_) entropy_->on_event(event);
  if (choke_gaps_) choke_gaps_->on_event(event);
  if (request_depths_) request_depths_->on_event(event);
  Peer* const from = peer(event.from);
  Peer* const to = peer(event.to);
  switch (event.kind) {
    case WireEventKind::joined:
      if (from != nullptr) from->stopped = kNever;
      break;
    case WireEventKind::stopped:
      if (from != nullptr) from->stopped = event.at;
      break;
    case WireEventKind::opened:
      if (from == nullptr || to == nullptr) break;   // of the tracker
      ++from->connections;
      ++to->connections;
      break;
    case WireEventKind::sent:
      if (from != nullptr && event.message.kind == MessageKind::request) ++from->requests;
      if (from != nullptr && event.message.kind == MessageKind::tracker_request) {
        ++from->announces;
        from->of_trackers += ByteCount(event.message.length);
      }
      break;
    case WireEventKind::received:
      if (event.message.kind == MessageKind::piece) on_block(event);
      if (to != nullptr && event.message.kind == MessageKind::tracker_reply) to->of_trackers += ByteCount(event.message.length);
      if (to != nullptr && event.message.kind == MessageKind::unchoke) to->first_unchoke = std::min(to->first_unchoke, event.at);
      break;
    case WireEventKind::ended:
    case WireEventKind::undecodable: break;
  }
}

void Measurements::on_block(const WireEvent& event) {
  Peer* const from = peer(event.from);
  Peer* const to = peer(event.to);
  if (from == nullptr || to == nullptr) return;
  const ByteCount length(event.message.length);
  from->uploaded += length;
  if (is_whole_) from->uploaded_early += length;
  to->downloaded += length;
  if (arrivals_.brought_news()) {
    to->useful += length;
    if (block_gaps_) block_gaps_->on_news(event.to, event.at);
  }
  if (!wants_any({Metric::downloaded_from, Metric::uploaded_to})) return;
  const std::size_t slot = 2 * std::size_t{event.connection.value()} + static_cast<std::size_t>(event.direction);
  if (slot >= flows_.size()) flows_.resize(slot + 1);
  flows_[slot].from = event.from;
  flows_[slot].to = event.to;
  flows_[slot].bytes += length;
}

void Measurements::on_whole_piece(const WholePiece& piece) {
  Peer& of = peers_[piece.peer.value()];
  if (piece.is_true) of.first_piece = std::min(of.first_piece, piece.at);
  else ++of.failed_pieces;
  if (spread_) spread_->on_whole_piece(piece);
  if (!arrivals_.is_complete(piece.peer)) return;
  is_whole_ = false;
  if (slot_times_) slot_times_->on_completed(piece.at);
}

void Measurements::finish(Time end) {
  if (slot_times_) slot_times_->finish(end);
}

ByteCount Measurements::flow(HostId from, HostId to) const {
  ByteCount bytes;
  for (const Flow& flow : flows_)
    if (flow.bytes.value() > 0 && flow.from == from && flow.to == to) bytes += flow.bytes;
  return bytes;
}

bool Measurements::is_settled(Metric metric, HostId peer, Time now) const {
  if (!manual_of(metric).is_of_peers) return true;
  const Peer& of = peers_[peer.value()];
  const bool has_gone = of.stopped != kNever && of.stopped <= now;
  switch (metric) {
    case Metric::completed_at:
    case Metric::download_time:
    case Metric::download_rate: return completed_at(peer) != kNever || has_gone;
    case Metric::first_piece_at: return of.first_piece != kNever || facts_.peers[peer.value()].has_at_start.all() || has_gone;
    case Metric::first_unchoke_at: return of.first_unchoke != kNever || completed_at(peer) != kNever || has_gone;
    default: return true;
  }
}

Number Measurements::value(Metric metric, HostId peer, std::span<const HostId> others, Time end) const {
  SWARM_ASSERT(wants(metric), manual_of(metric).name);
  if (metric == Metric::content) return Number::of(facts_.geometry.total());
  if (metric == Metric::run_time) return Number::of(end - kStart);
  if (metric == Metric::spread_at) return since_start(spread_at());
  if (metric == Metric::spread_straightness) return spread_->straightness();
  const Peer& of = peers_[peer.value()];
  const PeerFacts& facts = facts_.peers[peer.value()];
  const auto sum = [&](auto flow_with) {
    ByteCount bytes;
    for (const HostId other : others) bytes += flow_with(other);
    return Number::of(bytes);
  };
  const auto sum_times = [&](auto time_with) {
    Duration time{};
    for (const HostId other : others) time += time_with(other);
    return Number::of(time);
  };
  switch (metric) {
    case Metric::announces: return Number::of(of.announces);
    case Metric::block_gap: return block_gaps_->median(peer, BlockGaps::Which::all);
    case Metric::block_gap_first: return block_gaps_->median(peer, BlockGaps::Which::first);
    case Metric::block_gap_last: return block_gaps_->median(peer, BlockGaps::Which::last);
    case Metric::choke_gap: return choke_gaps_->shortest(peer);
    case Metric::completed_at: return since_start(completed_at(peer));
    case Metric::connections: return Number::of(of.connections);
    case Metric::download_rate: {
      const Duration took = std::min(completed_at(peer), end) - facts.joins;
      return took > Duration{0} ? Number::of(of.useful / took) : Number();
    }
    case Metric::download_time: return completed_at(peer) == kNever ? Number::never() : Number::of(completed_at(peer) - facts.joins);
    case Metric::downloaded: return Number::of(of.downloaded);
    case Metric::downloaded_from: return sum([&](HostId other) { return flow(other, peer); });
    case Metric::entropy_median: return entropy_->share(peer, others, 50, spread_at(), end);
    case Metric::entropy_p20: return entropy_->share(peer, others, 20, spread_at(), end);
    case Metric::failed_pieces: return Number::of(of.failed_pieces);
    case Metric::first_piece_at: return since_start(of.first_piece);
    case Metric::first_unchoke_at: return since_start(of.first_unchoke);
    case Metric::joined_at: return since_start(facts.joins);
    case Metric::link_down: return rate_of(facts.link_down);
    case Metric::link_up: return rate_of(facts.link_up);
    case Metric::open_requests: return request_depths_->median(peer);
    case Metric::pieces: return Number::of(std::int64_t{arrivals_.pieces(peer)});
    case Metric::present: return Number::of(std::int64_t{facts.joins <= end && of.stopped > end ? 1 : 0});
    case Metric::regular_slot_time_to: return sum_times([&](HostId other) { return slot_times_->regular_slots(peer, other); });
    case Metric::requests: return Number::of(of.requests);
    case Metric::slot_time_from: return sum_times([&](HostId other) { return slot_times_->slots(other, peer); });
    case Metric::slot_time_to: return sum_times([&](HostId other) { return slot_times_->slots(peer, other); });
    case Metric::stopped_at: return since_start(of.stopped);
    case Metric::tracker_bytes: return Number::of(of.of_trackers);
    case Metric::uploaded: return Number::of(of.uploaded);
    case Metric::uploaded_by_first_completion: return Number::of(of.uploaded_early);
    case Metric::uploaded_to: return sum([&](HostId other) { return flow(peer, other); });
    case Metric::useful: return Number::of(of.useful);
    case Metric::wasted: return Number::of(of.downloaded - of.useful);
    case Metric::content:
    case Metric::run_time:
    case Metric::spread_at:
    case Metric::spread_straightness: break;
  }
  return {};
}

}  // namespace swarmlab::swarmsim
