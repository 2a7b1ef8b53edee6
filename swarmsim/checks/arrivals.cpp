#include "swarmsim/checks/arrivals.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {
namespace {

// Of all earlier fetches of a piece: what a slow peer was asked for in the first may come in the third.
template <class Progress>
void keep_what_was_asked(Progress& progress) {
  progress.asked_earlier.resize(progress.asked.size());
  for (std::size_t b = 0; b < progress.asked.size(); ++b) {
    auto& earlier = progress.asked_earlier[b];
    const auto& now = progress.asked[b];
    for (std::size_t i = 0; i < now.count; ++i) earlier.add(now.of[i]);
    earlier.overflows = earlier.overflows || now.overflows;
  }
}

std::size_t side(ConnectionId connection, Direction writes) {
  return 2 * std::size_t{connection.value()} + static_cast<std::size_t>(writes);
}

}  // namespace

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
  const Progress& progress = progress_[number];
  const std::int64_t end = range.begin.value() + range.length.value();
  for (std::int64_t at = range.begin.value(); at < end;) {
    const std::int64_t block = at / protocol::kBlockBytes.value();
    if (progress.arrived[static_cast<std::size_t>(block)]) {
      at = (block + 1) * protocol::kBlockBytes.value();
      continue;
    }
    const auto part = std::ranges::find_if(progress.parts, [&](const Part& p) { return p.begin <= at && at < p.end; });
    if (part == progress.parts.end()) return false;
    at = part->end;
  }
  return true;
}

bool Arrivals::was_asked_elsewhere(HostId asker, const protocol::BlockRange& range, HostId source) const {
  if (!facts_.geometry.is_valid(range)) return false;
  const std::uint32_t number = peers_[asker.value()].progress_of[range.piece.value()];
  if (number == kNone) return false;
  bool was_asked = false;
  for_blocks_touched(range, [&](std::uint32_t b) {
    const Asked& asked = progress_[number].asked[b];
    was_asked = was_asked || asked.count > 1 || (asked.count == 1 && asked.of[0] != source);
  });
  return was_asked;
}

std::uint32_t Arrivals::blocks_of(HostId peer, PieceIndex piece) const {
  const std::uint32_t number = peers_[peer.value()].progress_of[piece.value()];
  if (number == kNone) return 0;
  return static_cast<std::uint32_t>(progress_[number].arrived.size()) - progress_[number].missing;
}

ByteCount Arrivals::bytes_of(HostId peer, PieceIndex piece) const {
  const std::uint32_t number = peers_[peer.value()].progress_of[piece.value()];
  return number == kNone ? ByteCount{} : progress_[number].bytes;
}

std::uint32_t Arrivals::open_progress(PieceIndex piece) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(progress_.size()));
    progress_.emplace_back();
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  begin(progress_[number], piece);
  progress_[number].asked_earlier.clear();
  return number;
}

void Arrivals::begin(Progress& progress, PieceIndex piece) const {
  const std::uint32_t blocks = facts_.geometry.block_count(piece);
  progress.asked.assign(blocks, Asked{});
  progress.sources.assign(blocks, HostId{});
  progress.authentic.assign(blocks, Authentic::yes);
  progress.arrived.assign(blocks, false);
  progress.parts.clear();
  progress.bytes = {};
  progress.missing = blocks;
}

bool Arrivals::may_bring(const Progress& progress, std::uint32_t block, HostId source, Authentic authentic) {
  if (progress.asked[block].has(source)) return true;
  return authentic == Authentic::yes && !progress.asked_earlier.empty() && progress.asked_earlier[block].has(source);
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

template <class Each>
void Arrivals::for_blocks_touched(const protocol::BlockRange& range, Each each) {
  const std::int64_t last = (range.begin.value() + range.length.value() - 1) / protocol::kBlockBytes.value();
  for (std::int64_t block = range.begin.value() / protocol::kBlockBytes.value(); block <= last; ++block)
    each(static_cast<std::uint32_t>(block));
}

void Arrivals::arrive(Progress& progress, std::uint32_t number, const WireEvent& event) const {
  const protocol::BlockRange message = event.message.block();
  const protocol::BlockRange block = facts_.geometry.block(message.piece, BlockIndex(number));
  const std::int64_t begin = block.begin.value();
  const std::int64_t end = begin + block.length.value();
  const std::int64_t first = std::max<std::int64_t>(begin, message.begin.value());
  const std::int64_t last = std::min(end, message.begin.value() + message.length.value());
  const bool is_all = first == begin && last == end;
  Authentic authentic = event.message.authentic;
  if (!is_all || !progress.parts.empty()) {
    const auto is_its = [&](const Part& part) { return begin <= part.begin && part.end <= end; };
    std::int64_t before = 0;
    std::int64_t after = 0;
    for (const Part& part : progress.parts)
      if (is_its(part)) before += part.end - part.begin;
    add_part(progress.parts, {first, last, authentic});
    for (const Part& part : progress.parts) {
      if (!is_its(part)) continue;
      after += part.end - part.begin;
      if (part.authentic == Authentic::no || authentic == Authentic::yes) authentic = part.authentic;
    }
    progress.bytes += ByteCount(after - before);
    if (after < end - begin) return;
    std::erase_if(progress.parts, is_its);
  } else {
    progress.bytes += block.length;
  }
  progress.arrived[number] = true;
  progress.sources[number] = event.from;
  progress.authentic[number] = authentic;
  --progress.missing;
}

// Of bytes that are there already the first version counts: only the gaps are filled.
void Arrivals::add_part(std::vector<Part>& parts, Part part) {
  std::int64_t at = part.begin;
  while (at < part.end) {
    const auto here = std::ranges::find_if(parts, [&](const Part& p) { return p.begin <= at && at < p.end; });
    if (here != parts.end()) {
      at = here->end;
      continue;
    }
    std::int64_t until = part.end;
    for (const Part& p : parts)
      if (p.begin > at) until = std::min(until, p.begin);
    parts.push_back({at, until, part.authentic});
    at = until;
  }
}

void Arrivals::on_handshake(const WireEvent& event) {
  const std::size_t at = side(event.connection, event.direction);
  if (at >= is_seen_from_start_.size()) is_seen_from_start_.resize((at | 1) + 1);
  is_seen_from_start_[at] = true;
}

bool Arrivals::may_have_missed_requests(const Peer& receiver, const WireEvent& block) const {
  if (receiver.was_seen_asking) return false;
  const std::size_t at = side(block.connection, opposite(block.direction));
  return at >= is_seen_from_start_.size() || !is_seen_from_start_[at];
}

void Arrivals::on_request(const WireEvent& event) {
  if (event.from.value() >= peers_.size()) return;
  const protocol::BlockRange block = event.message.block();
  Peer& peer = peers_[event.from.value()];
  peer.was_seen_asking = true;
  if (!facts_.geometry.is_valid(block) || peer.has.test(block.piece)) return;
  Progress& progress = progress_of(peer, block.piece);
  // Who asks again for a true block, of a piece in which another peer's block is false, has seen the piece fail before us: it took a late
  // false answer to an earlier request, which another client would have thrown away.
  const auto is_lost = [&](std::uint32_t b) {
    if (!progress.arrived[b] || progress.authentic[b] != Authentic::yes) return false;
    bool is_spoilt_by_another = false;
    for (std::size_t other = 0; other < progress.arrived.size(); ++other) {
      if (!progress.arrived[other] || progress.authentic[other] != Authentic::no) continue;
      if (progress.sources[other] == progress.sources[b]) return false;
      is_spoilt_by_another = true;
    }
    return is_spoilt_by_another;
  };
  bool begins_anew = false;
  for_blocks_touched(block, [&](std::uint32_t b) { begins_anew = begins_anew || is_lost(b); });
  if (begins_anew) {
    keep_what_was_asked(progress);
    begin(progress, block.piece);
  }
  for_blocks_touched(block, [&](std::uint32_t b) { progress.asked[b].add(event.to); });
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
  const ByteCount before = progress.bytes;
  for_blocks_touched(block, [&](std::uint32_t b) {
    if (progress.arrived[b]) return;
    if (!may_bring(progress, b, event.from, event.message.authentic) && !may_have_missed_requests(peer, event)) return;
    arrive(progress, b, event);
  });
  brought_news_ = progress.bytes > before;
  if (progress.missing > 0) return std::nullopt;

  const bool is_true = std::ranges::none_of(progress.authentic, [](Authentic a) { return a == Authentic::no; });
  sources_.swap(progress.sources);
  if (is_true) {
    std::uint32_t& number = peer.progress_of[block.piece.value()];
    free_.push_back(number);
    number = kNone;
    peer.has.set(block.piece);
    if (peer.has.all()) peer.completed_at = event.at;
  } else {
    keep_what_was_asked(progress);
    begin(progress, block.piece);
  }
  return WholePiece{event.at, event.to, block.piece, is_true, sources_};
}

}  // namespace swarmlab::swarmsim
