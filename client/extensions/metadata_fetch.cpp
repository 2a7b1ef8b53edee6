#include "client/extensions/metadata_fetch.hpp"

#include <algorithm>

#include "protocol/hash/sha1.hpp"

namespace swarmlab::client {
namespace {

// How long a peer is left alone after a refusal or a time-out, doubling.
constexpr Duration kFirstPause = 5s;
constexpr Duration kLongestPause = 2min;

}  // namespace

void MetadataFetch::offered(PeerKey peer, ByteCount size) {
  if (metadata_ || std::ranges::find(liars_, peer) != liars_.end()) return;
  const auto known = sources_.find(peer);
  if (known != sources_.end()) {
    if (known->second.size == size) return;
    left(peer);
  }
  if (size.value() <= 0 || size > protocol::kMaxMetadataBytes) return;
  Source source;
  source.size = size;
  source.is_alone = blame_.contains(size);
  sources_.emplace(peer, std::move(source));
}

void MetadataFetch::left(PeerKey peer) {
  const auto entry = sources_.find(peer);
  if (entry == sources_.end()) return;
  discard(entry->second.own);
  const ByteCount size = entry->second.size;
  sources_.erase(entry);
  // What nobody vouches for any more is not kept.
  const bool is_claimed = std::ranges::any_of(sources_, [&](const auto& other) { return other.second.size == size; });
  if (is_claimed) return;
  if (const auto shared = shared_.find(size); shared != shared_.end()) {
    discard(shared->second);
    shared_.erase(shared);
  }
}

void MetadataFetch::discard(Parts& parts) {
  for (const auto& [piece, part] : parts) stored_ -= ByteCount::of(part.bytes);
  parts.clear();
}

void MetadataFetch::found_out(PeerKey peer) {
  if (std::ranges::find(liars_, peer) == liars_.end()) liars_.push_back(peer);
  left(peer);
}

// ---- answers ----

void MetadataFetch::received(PeerKey peer, const protocol::MetadataData& data, Time now) {
  const auto entry = sources_.find(peer);
  if (metadata_ || entry == sources_.end()) return;
  Source& source = entry->second;
  const auto open = std::ranges::find(source.open, data.piece, &Open::piece);
  if (open == source.open.end()) return;                     // nobody asked for it
  source.open.erase(open);
  const bool fits = data.data.size() == protocol::metadata_piece_length(source.size, data.piece) &&
                    data.total_size.value_or(source.size.value()) == source.size.value();
  if (!fits) {
    refused(source, now);
    return;
  }
  source.pause = {};
  Parts& parts = parts_of(source);
  const auto [part, is_new] = parts.try_emplace(data.piece);
  if (!is_new) return;
  part->second = {{data.data.begin(), data.data.end()}, peer};
  stored_ += ByteCount::of(data.data);
  if (parts.size() == protocol::metadata_pieces(source.size)) {
    judge(peer, source);
  } else if (stored_ > protocol::kMaxMetadataBytes) {
    make_room(now);
  }
}

void MetadataFetch::rejected(PeerKey peer, std::uint32_t piece, Time now) {
  const auto entry = sources_.find(peer);
  if (entry == sources_.end()) return;
  Source& source = entry->second;
  if (std::erase_if(source.open, [&](const Open& open) { return open.piece == piece; }) > 0) refused(source, now);
}

// The peer does not give what it claims to have: others first.
void MetadataFetch::refused(Source& source, Time now) {
  for (Open& open : source.open) open.is_late = true;
  if (now < source.again_after) return;                      // several requests were under way: one refusal
  source.pause = source.pause == Duration{} ? kFirstPause : std::min(source.pause * 2, kLongestPause);
  source.again_after = now + source.pause;
}

// An assembly of `source` is whole.
void MetadataFetch::judge(PeerKey key, Source& source) {
  Parts& parts = parts_of(source);
  std::vector<std::byte> whole;
  whole.reserve(source.size.size());
  for (const auto& [piece, part] : parts) whole.insert(whole.end(), part.bytes.begin(), part.bytes.end());
  const ByteCount size = source.size;
  if (protocol::sha1(whole).bytes == info_hash_.bytes) {
    std::vector<PeerKey> liars;
    for (const Blame& blame : blame_[size]) {
      if (protocol::sha1(parts.at(blame.piece).bytes) != blame.digest) liars.push_back(blame.peer);
    }
    // Another size than the true one was never an honest claim, but perhaps one of a client with a fault of its own: nobody
    // is banned for what it said, only for what it sent.
    for (const PeerKey liar : liars) found_out(liar);
    metadata_ = std::move(whole);
    sources_.clear();
    shared_.clear();
    stored_ = {};
    return;
  }
  const bool one_gave_all =
      std::ranges::all_of(parts, [&](const auto& part) { return part.second.from == key; });
  if (one_gave_all) {
    discard(parts);
    found_out(key);
    return;
  }
  std::vector<Blame>& blame = blame_[size];
  for (const auto& [piece, part] : parts) blame.push_back({part.from, piece, protocol::sha1(part.bytes)});
  discard(parts);
  shared_.erase(size);
  for (auto& [other, entry] : sources_) {
    if (entry.size != size) continue;
    entry.is_alone = true;
    entry.open.clear();
  }
}

void MetadataFetch::make_room(Time now) {
  Parts* fullest = nullptr;
  const auto weigh = [&](Parts& parts) {
    if (fullest == nullptr || parts.size() > fullest->size()) fullest = &parts;
  };
  for (auto& [size, parts] : shared_) weigh(parts);
  for (auto& [key, source] : sources_) weigh(source.own);
  if (fullest == nullptr) return;
  for (auto& [key, source] : sources_) {
    if (&parts_of(source) != fullest) continue;
    source.open.clear();
    source.pause = kLongestPause;
    source.again_after = now + kLongestPause;
  }
  discard(*fullest);
}

// ---- requests ----

// Whether somebody who fills the same assembly is asked for it.
bool MetadataFetch::is_asked(const Source& of, std::uint32_t piece) const {
  const auto asks = [&](const Source& source) {
    return std::ranges::any_of(source.open, [&](const Open& open) { return open.piece == piece && !open.is_late; });
  };
  if (of.is_alone) return asks(of);
  return std::ranges::any_of(sources_, [&](const auto& entry) {
    return entry.second.size == of.size && !entry.second.is_alone && asks(entry.second);
  });
}

void MetadataFetch::ask(PeerKey key, Source& source, Time now, std::vector<Request>& out) {
  const Parts& parts = parts_of(source);
  auto open = static_cast<std::size_t>(std::ranges::count(source.open, false, &Open::is_late));
  const std::uint32_t pieces = protocol::metadata_pieces(source.size);
  for (std::uint32_t piece = 0; piece < pieces && open < kOpen; ++piece) {
    if (parts.contains(piece) || is_asked(source, piece)) continue;
    std::erase_if(source.open, [&](const Open& late) { return late.piece == piece; });
    source.open.push_back({piece, now});
    out.push_back({key, piece});
    ++open;
  }
}

std::vector<MetadataFetch::Request> MetadataFetch::next(Time now) {
  std::vector<Request> requests;
  if (metadata_) return requests;
  for (auto& [key, source] : sources_) {
    const bool is_overdue = std::ranges::any_of(
        source.open, [&](const Open& open) { return !open.is_late && now - open.asked >= timeout_; });
    if (is_overdue) refused(source, now);
  }
  // Who fills an assembly of its own keeps its turn until it fails; the others wait for one.
  std::size_t alone = 0;
  for (const auto& [key, source] : sources_) {
    if (source.is_alone && now >= source.again_after && (!source.open.empty() || !source.own.empty())) ++alone;
  }
  for (auto& [key, source] : sources_) {
    if (now < source.again_after) continue;
    const bool has_turn = !source.open.empty() || !source.own.empty();
    if (source.is_alone && !has_turn && alone++ >= kAlone) continue;
    ask(key, source, now, requests);
  }
  return requests;
}

Time MetadataFetch::due(Time now) const {
  Time due = kNever;
  for (const auto& [key, source] : sources_) {
    for (const Open& open : source.open) {
      if (!open.is_late) due = std::min(due, open.asked + timeout_);
    }
    if (source.again_after > now) due = std::min(due, source.again_after);
  }
  return due;
}

}  // namespace swarmlab::client
