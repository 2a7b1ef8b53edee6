#include "swarmsim/checks/arrivals.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {

Arrivals::Arrivals(const RunFacts& facts) : facts_(facts) {
  for (const PeerFacts& peer : facts.peers) {
    Peer& added = peers_.emplace_back();
    added.has = peer.has_at_start;
    added.progress_of.assign(facts.geometry.piece_count(), kNone);
    if (added.has.all()) added.completed_at = peer.joins;
  }
}

void Arrivals::on_restarted(HostId restarted, const protocol::Bitfield& has, Time at) {
  Peer& peer = peers_[restarted.value()];
  for (std::uint32_t& number : peer.progress_of) {
    if (number != kNone) free_.push_back(number);
    number = kNone;
  }
  // Who was complete before and has lost nothing stays complete since then.
  if (!has.all()) peer.completed_at = kNever;
  else if (peer.completed_at == kNever) peer.completed_at = at;
  peer.has = has;
}

bool Arrivals::has_block(HostId peer, const protocol::BlockRange& range) const {
  if (!facts_.geometry.is_valid(range)) return false;
  if (has(peer, range.piece)) return true;
  const std::uint32_t number = peers_[peer.value()].progress_of[range.piece.value()];
  if (number == kNone) return false;
  const std::int64_t begin = range.begin.value();
  const std::int64_t last = (begin + range.length.value() - 1) / protocol::kBlockBytes.value();
  for (std::int64_t block = begin / protocol::kBlockBytes.value(); block <= last; ++block)
    if (!progress_[number].arrived[static_cast<std::size_t>(block)]) return false;
  return true;
}

std::uint32_t Arrivals::blocks_of(HostId peer, PieceIndex piece) const {
  const std::uint32_t number = peers_[peer.value()].progress_of[piece.value()];
  if (number == kNone) return 0;
  return static_cast<std::uint32_t>(progress_[number].arrived.size()) - progress_[number].missing;
}

std::uint32_t Arrivals::open_progress(PieceIndex piece) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(progress_.size()));
    progress_.emplace_back();
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  Progress& progress = progress_[number];
  const std::uint32_t blocks = facts_.geometry.block_count(piece);
  progress.asked.assign(blocks, Asked{});
  progress.sources.assign(blocks, HostId{});
  progress.authentic.assign(blocks, Authentic::yes);
  progress.arrived.assign(blocks, false);
  progress.missing = blocks;
  return number;
}

Arrivals::Progress& Arrivals::progress_of(Peer& peer, PieceIndex piece) {
  std::uint32_t& number = peer.progress_of[piece.value()];
  if (number == kNone) number = open_progress(piece);
  return progress_[number];
}

void Arrivals::Asked::add(HostId host) {
  if (has(host)) return;
  if (count == of.size()) overflows = true;
  else of[count++] = host;
}

bool Arrivals::Asked::has(HostId host) const {
  return overflows || std::find(of.begin(), of.begin() + count, host) != of.begin() + count;
}

// Clients that ask in other sizes: every block of ours that the message covers.
template <class Each>
void Arrivals::for_blocks_within(const protocol::BlockRange& block, Each each) const {
  const ByteCount begin(block.begin.value());
  const ByteCount end = begin + block.length;
  const std::int64_t first = (begin.value() + protocol::kBlockBytes.value() - 1) / protocol::kBlockBytes.value();
  const std::uint32_t blocks = facts_.geometry.block_count(block.piece);
  for (auto b = static_cast<std::uint32_t>(first); b < blocks; ++b) {
    const protocol::BlockRange range = facts_.geometry.block(block.piece, BlockIndex(b));
    if (ByteCount(range.begin.value()) + range.length > end) break;
    each(b);
  }
}

void Arrivals::on_request(const WireEvent& event) {
  if (event.from.value() >= peers_.size()) return;
  const protocol::BlockRange block = event.message.block();
  Peer& peer = peers_[event.from.value()];
  peer.was_seen_asking = true;
  if (!facts_.geometry.is_valid(block) || peer.has.test(block.piece)) return;
  Progress& progress = progress_of(peer, block.piece);
  for_blocks_within(block, [&](std::uint32_t b) { progress.asked[b].add(event.to); });
}

std::optional<WholePiece> Arrivals::on_block(const WireEvent& event) {
  brought_news_ = false;
  if (event.to.value() >= peers_.size()) return std::nullopt;
  const protocol::BlockRange block = event.message.block();
  if (!facts_.geometry.is_valid(block)) return std::nullopt;
  Peer& peer = peers_[event.to.value()];
  peer.last = LastBlock{event.at, event.from, block};
  if (peer.has.test(block.piece)) return std::nullopt;
  Progress& progress = progress_of(peer, block.piece);
  for_blocks_within(block, [&](std::uint32_t b) {
    if (progress.arrived[b] || (peer.was_seen_asking && !progress.asked[b].has(event.from))) return;
    brought_news_ = true;
    progress.arrived[b] = true;
    progress.sources[b] = event.from;
    progress.authentic[b] = event.message.authentic;
    --progress.missing;
  });
  if (progress.missing > 0) return std::nullopt;

  const bool is_true = std::ranges::none_of(progress.authentic, [](Authentic a) { return a == Authentic::no; });
  sources_.swap(progress.sources);
  std::uint32_t& number = peer.progress_of[block.piece.value()];
  free_.push_back(number);
  number = kNone;
  if (is_true) {
    peer.has.set(block.piece);
    if (peer.has.all()) peer.completed_at = event.at;
  }
  return WholePiece{event.at, event.to, block.piece, is_true, sources_};
}

}  // namespace swarmlab::swarmsim
