#include "client/smart_ban.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace swarmlab::client {

SmartBan::SmartBan(std::uint32_t suspect_pieces, std::uint32_t patience)
    : suspect_pieces_(std::max(suspect_pieces, 1U)), patience_(patience) {}

SmartBan::Case& SmartBan::open_case(PieceIndex piece) {
  const auto existing = cases_.find(piece);
  if (existing != cases_.end()) return existing->second;
  if (cases_.size() == kMaxPieces) {
    cases_.erase(std::ranges::min_element(cases_, {}, [](const auto& entry) { return entry.second.number; }));
  }
  Case& fresh = cases_[piece];
  fresh.number = next_number_++;
  return fresh;
}

void SmartBan::lives_at(PeerKey peer, const IpAddress& address) {
  const auto home = homes_.find(address);
  if (home == homes_.end()) {
    if (homes_.size() < kMaxSuspects) homes_.emplace(address, peer);
    return;
  }
  if (home->second == peer) return;
  later_.emplace(peer, home->second);
  if (later_.size() > kMaxSuspects) later_.erase(later_.begin());
}

PeerKey SmartBan::first_of(PeerKey peer) const {
  const auto later = later_.find(peer);
  return later == later_.end() ? peer : later->second;
}

std::vector<Verdict> SmartBan::failed(PieceIndex piece, std::span<const PeerKey> sources) {
  std::vector<PeerKey> parts(sources.begin(), sources.end());
  std::ranges::sort(parts);
  parts.erase(std::ranges::unique(parts).begin(), parts.end());
  // A block of unknown origin (it was on disk before) may be the bad one: then nobody is proven.
  const bool all_known = parts.empty() || parts.back() != kNobody;
  if (!all_known) parts.pop_back();
  if (parts.empty()) return {};
  if (parts.size() == 1 && all_known) {
    on_parole_.insert(parts.front());   // for when its ban is over
    name(parts.front());
    return {{parts.front(), Guilt::proven}};
  }

  Case& current = open_case(piece);
  if (std::ranges::any_of(parts, [this](PeerKey peer) { return named_.contains(peer); })) return {};
  on_parole_.insert(parts.begin(), parts.end());
  std::vector<PeerKey> suspects;   // of whom the parts are
  for (const PeerKey peer : parts) suspects.push_back(first_of(peer));
  std::ranges::sort(suspects);
  suspects.erase(std::ranges::unique(suspects).begin(), suspects.end());
  std::uint32_t most = 0;
  for (const PeerKey suspect : suspects) {
    const auto at = std::ranges::lower_bound(current.suspects, suspect);
    if (at == current.suspects.end() || *at != suspect) {   // this piece counts once
      current.suspects.insert(at, suspect);
      ++suspicions_[suspect];
    }
    most = std::max(most, suspicions(suspect));
  }
  const auto equals = std::ranges::count(suspects, most, [this](PeerKey suspect) { return suspicions(suspect); });
  if (most <= (equals == 1 ? suspect_pieces_ : patience_ * suspect_pieces_)) return {};
  std::vector<Verdict> verdicts;
  for (const PeerKey peer : parts) {
    if (suspicions(peer) == most) verdicts.push_back({peer, Guilt::suspected});
  }
  for (const Verdict& verdict : verdicts) {
    const PeerKey suspect = first_of(verdict.peer);
    suspicions_.erase(suspect);
    for (auto& [other, known] : cases_) std::erase(known.suspects, suspect);
    name(verdict.peer);
  }
  return verdicts;
}

void SmartBan::name(PeerKey peer) {
  named_.insert(peer);
  if (named_.size() > kMaxSuspects) named_.erase(named_.begin());
}

void SmartBan::remember(PieceIndex piece, std::span<const Delivery> deliveries) {
  std::vector<Delivery>& known = open_case(piece).deliveries;
  for (const Delivery& delivery : deliveries) {
    if (delivery.peer == kNobody) continue;
    const auto at = std::ranges::lower_bound(known, delivery);
    if (at != known.end() && *at == delivery) continue;
    const auto of_block = std::ranges::count(known, delivery.block, &Delivery::block);
    if (static_cast<std::size_t>(of_block) < kMaxDeliveriesPerBlock) known.insert(at, delivery);
  }
}

void SmartBan::joined(PeerKey peer, const IpAddress& address) {
  if (absent_on_parole_.erase(address) > 0) on_parole_.insert(peer);
}

void SmartBan::left(PeerKey peer, const IpAddress& address) {
  if (on_parole_.erase(peer) > 0 && absent_on_parole_.size() < kMaxAbsent) absent_on_parole_.insert(address);
}

bool SmartBan::wants_digests(PieceIndex piece) const {
  const auto found = cases_.find(piece);
  return found != cases_.end() && !found->second.deliveries.empty();
}

std::vector<Verdict> SmartBan::verified(PieceIndex piece, std::span<const Sha1Digest> good) {
  const auto found = cases_.find(piece);
  if (found == cases_.end()) return {};
  std::vector<PeerKey> guilty;
  for (const Delivery& delivery : found->second.deliveries) {
    SWARM_ASSERT(good.empty() || delivery.block.value() < good.size(), piece, delivery.block, good.size());
    if (!good.empty() && delivery.digest != good[delivery.block.value()]) guilty.push_back(delivery.peer);
  }
  std::ranges::sort(guilty);
  guilty.erase(std::ranges::unique(guilty).begin(), guilty.end());
  for (const PeerKey peer : found->second.suspects) {
    const auto count = suspicions_.find(peer);
    SWARM_ASSERT(count != suspicions_.end(), peer);
    if (--count->second > 0) continue;
    suspicions_.erase(count);
    std::erase_if(on_parole_, [&](PeerKey cleared) { return first_of(cleared) == peer && !std::ranges::binary_search(guilty, cleared); });
  }
  cases_.erase(found);
  std::vector<Verdict> verdicts;
  for (const PeerKey peer : guilty) {
    verdicts.push_back({peer, Guilt::proven});
    name(peer);
  }
  return verdicts;
}

std::uint32_t SmartBan::suspicions(PeerKey peer) const {
  const auto found = suspicions_.find(first_of(peer));
  return found == suspicions_.end() ? 0 : found->second;
}

}  // namespace swarmlab::client
