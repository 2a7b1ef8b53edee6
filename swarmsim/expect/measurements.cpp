#include "swarmsim/expect/measurements.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

// HTTP requests, and UDP datagrams of every kind.
constexpr EventSet kAnnounces = EventSet{}.sent(MessageKind::tracker_request);

Number since_start(Time at) { return at == kNever ? Number::never() : Number::of(at - kStart); }

Number rate_of(BytesPerSecond rate) { return rate.value() == 0 ? Number::never() : Number::of(rate); }

}  // namespace

Measurements::Measurements(const RunFacts& facts, const Arrivals& arrivals)
    : facts_(facts), arrivals_(arrivals), peers_(facts.peers.size()) {}

bool Measurements::wants_any(std::initializer_list<Metric> metrics) const {
  return std::ranges::any_of(metrics, [&](Metric metric) { return wants(metric); });
}

EventSet Measurements::interest() const {
  using enum Metric;
  EventSet events;
  // Whoever waits for something waits no longer for who has been ended.
  if (wants_any({completed_at, download_time, download_rate, first_piece_at, first_unchoke_at, stopped_at}))
    events.add(WireEventKind::joined).add(WireEventKind::stopped);
  if (wants(announces)) events.add(kAnnounces);
  if (wants(connections)) events.add(WireEventKind::opened);
  if (wants(requests)) events.sent(MessageKind::request);
  if (wants(first_unchoke_at)) events.received(MessageKind::unchoke);
  if (wants_any({download_rate, downloaded, downloaded_from, uploaded, uploaded_to, useful, wasted}))
    events.received(MessageKind::piece);
  return events;
}

void Measurements::on_event(const WireEvent& event) {
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
      if (from != nullptr && event.message.kind == MessageKind::tracker_request) ++from->announces;
      break;
    case WireEventKind::received:
      if (event.message.kind == MessageKind::piece) on_block(event);
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
  to->downloaded += length;
  if (arrivals_.brought_news()) to->useful += length;
  if (!wants_any({Metric::downloaded_from, Metric::uploaded_to})) return;
  const std::size_t slot = 2 * std::size_t{event.connection.value()} + static_cast<std::size_t>(event.direction);
  if (slot >= flows_.size()) flows_.resize(slot + 1);
  flows_[slot].from = event.from;
  flows_[slot].to = event.to;
  flows_[slot].bytes += length;
}

void Measurements::on_whole_piece(const WholePiece& piece) {
  if (piece.is_true) peers_[piece.peer.value()].first_piece = std::min(peers_[piece.peer.value()].first_piece, piece.at);
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
  const Peer& of = peers_[peer.value()];
  const PeerFacts& facts = facts_.peers[peer.value()];
  const auto sum = [&](auto flow_with) {
    ByteCount bytes;
    for (const HostId other : others) bytes += flow_with(other);
    return Number::of(bytes);
  };
  switch (metric) {
    case Metric::announces: return Number::of(of.announces);
    case Metric::completed_at: return since_start(completed_at(peer));
    case Metric::connections: return Number::of(of.connections);
    case Metric::download_rate: {
      const Duration took = std::min(completed_at(peer), end) - facts.joins;
      return took > Duration{0} ? Number::of(of.useful / took) : Number();
    }
    case Metric::download_time: return completed_at(peer) == kNever ? Number::never() : Number::of(completed_at(peer) - facts.joins);
    case Metric::downloaded: return Number::of(of.downloaded);
    case Metric::downloaded_from: return sum([&](HostId other) { return flow(other, peer); });
    case Metric::first_piece_at: return since_start(of.first_piece);
    case Metric::first_unchoke_at: return since_start(of.first_unchoke);
    case Metric::joined_at: return since_start(facts.joins);
    case Metric::link_down: return rate_of(facts.link_down);
    case Metric::link_up: return rate_of(facts.link_up);
    case Metric::pieces: return Number::of(std::int64_t{arrivals_.pieces(peer)});
    case Metric::requests: return Number::of(of.requests);
    case Metric::stopped_at: return since_start(of.stopped);
    case Metric::uploaded: return Number::of(of.uploaded);
    case Metric::uploaded_to: return sum([&](HostId other) { return flow(peer, other); });
    case Metric::useful: return Number::of(of.useful);
    case Metric::wasted: return Number::of(of.downloaded - of.useful);
    case Metric::content:
    case Metric::run_time: break;
  }
  return {};
}

}  // namespace swarmlab::swarmsim
