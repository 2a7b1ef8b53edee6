#include "tracker/swarm_registry.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/big_endian.hpp"
#include "tracker/sampling.hpp"

namespace swarmlab::tracker {
namespace {

constexpr std::size_t index_of(Role role) { return static_cast<std::size_t>(role); }
constexpr std::size_t index_of(Family family) { return static_cast<std::size_t>(family); }

std::uint32_t whole_seconds(Time time) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

// Twenty bytes are two words and a half; the info-hash and peer ids are both of that size.
std::uint64_t mix20(std::uint64_t salt, Bytes bytes) {
  std::uint64_t hash = runtime::mix(salt, protocol::read_u64(bytes));
  hash = runtime::mix(hash, protocol::read_u64(bytes, 8));
  return runtime::mix(hash, std::uint64_t{protocol::read_u32(bytes, 16)});
}

template <std::size_t N>
std::array<std::uint8_t, N> octets_of(const IpAddress& address) {
  std::array<std::uint8_t, N> out{};
  std::ranges::copy(address.octets(), out.begin());
  return out;
}

template <class Listed>
Endpoint to_endpoint(const Listed& entry) {
  if constexpr (std::tuple_size_v<decltype(entry.address)> == 4) {
    return {IpAddress::v4(entry.address), entry.port};
  } else {
    return {IpAddress::v6(entry.address), entry.port};
  }
}

}  // namespace

SwarmRegistry::SwarmRegistry(Duration silence, std::uint64_t salt, RegistryLimits limits)
    : silence_(silence), salt_(salt), limits_(limits) {
  SWARM_ASSERT(silence > Duration::zero(), silence.count());
}

// ---- announces ----

bool SwarmRegistry::see(const InfoHashV1& info_hash, const Sighting& sighting, Time now) {
  SWARM_ASSERT(sighting.endpoint.port != 0);
  std::uint32_t swarm = find_swarm(info_hash);
  std::uint32_t slot = swarm == kNoSlot ? kNoSlot : find_peer(swarm, sighting.who);
  if (slot == kNoSlot) {
    if (peer_by_identity_.size() >= limits_.peers) return false;
    if (swarm == kNoSlot) {
      if (swarm_by_hash_.size() >= limits_.swarms) return false;
      swarm = add_swarm(info_hash);
    }
    slot = add_peer(swarm, sighting.who, sighting.role);
    peers_[slot].has_completed = sighting.role == Role::seed && !sighting.says_completed;
  } else {
    unlink(slot);
    set_role(slot, sighting.role);
  }
  Peer& peer = peers_[slot];
  if (sighting.says_completed && sighting.role == Role::seed && !peer.has_completed) {
    peer.has_completed = true;
    ++swarms_[swarm].counts.downloaded;
  }
  link_newest(slot, now);
  claim(slot, sighting.endpoint, now);
  drop_stale_endpoint(slot, other(family_of(sighting.endpoint.address)), now);
  return true;
}

bool SwarmRegistry::remove(const InfoHashV1& info_hash, const PeerIdentity& who) {
  const std::uint32_t swarm = find_swarm(info_hash);
  if (swarm == kNoSlot) return false;
  const std::uint32_t slot = find_peer(swarm, who);
  if (slot == kNoSlot) return false;
  drop_peer(slot);
  return true;
}

std::vector<ExpiredPeer> SwarmRegistry::expire(Time now, std::size_t limit) {
  std::vector<ExpiredPeer> gone;
  while (oldest_ != kNoSlot && gone.size() < limit && next_expiry() <= now) {
    const Peer& peer = peers_[oldest_];
    gone.push_back({swarms_[peer.swarm].info_hash, peer.who});
    drop_peer(oldest_);
  }
  return gone;
}

Time SwarmRegistry::next_expiry() const {
  return oldest_ == kNoSlot ? kNever : peers_[oldest_].seen + silence_;
}

// ---- answers ----

std::vector<protocol::TrackerPeer> SwarmRegistry::choose(const InfoHashV1& info_hash,
                                                         const PeerIdentity& asker, const Wish& wish,
                                                         runtime::Random& random) const {
  std::vector<protocol::TrackerPeer> chosen;
  const std::uint32_t slot = find_swarm(info_hash);
  if (slot == kNoSlot || wish.count == 0) return chosen;
  const std::uint32_t self = find_peer(slot, asker);
  append_choice(swarms_[slot], wish, wish.family, self, chosen, random);
  if (wish.both_families) {
    append_choice(swarms_[slot], wish, other(wish.family), self, chosen, random);
  }
  return chosen;
}

void SwarmRegistry::append_choice(const Swarm& swarm, const Wish& wish, Family family,
                                  std::uint32_t asker, std::vector<protocol::TrackerPeer>& out,
                                  runtime::Random& random) const {
  // The candidates are numbered leechers first, then seeds, with a gap closed where the asker stands.
  const std::size_t leechers = list_size(swarm, family, Role::leecher);
  std::size_t population = leechers + (wish.seeds_too ? list_size(swarm, family, Role::seed) : 0);
  std::size_t gap = population;
  if (asker != kNoSlot && peers_[asker].place[index_of(family)] != kNoSlot) {
    const Peer& self = peers_[asker];
    const std::size_t at = self.place[index_of(family)] + (self.role == Role::seed ? leechers : 0);
    if (at < population) {
      gap = at;
      --population;
    }
  }
  const auto wanted = static_cast<std::uint32_t>(wish.count - out.size());
  for (std::size_t number : sample(static_cast<std::uint32_t>(population), wanted, random)) {
    if (number >= gap) ++number;
    const Role role = number < leechers ? Role::leecher : Role::seed;
    const std::size_t place = role == Role::leecher ? number : number - leechers;
    protocol::TrackerPeer& peer = out.emplace_back();
    peer.endpoint = endpoint_at(swarm, family, role, place);
    if (wish.with_ids) peer.id = peers_[peer_at(swarm, family, role, place)].who.id;
  }
}

std::optional<SwarmCounts> SwarmRegistry::counts(const InfoHashV1& info_hash) const {
  const std::uint32_t slot = find_swarm(info_hash);
  if (slot == kNoSlot) return std::nullopt;
  return swarms_[slot].counts;
}

std::vector<protocol::ScrapeEntry> SwarmRegistry::all() const {
  std::vector<protocol::ScrapeEntry> entries;
  entries.reserve(totals_.swarms);
  for (const Swarm& swarm : swarms_) {
    if (swarm.is_free) continue;
    entries.push_back({.info_hash = swarm.info_hash,
                       .complete = swarm.counts.seeds,
                       .downloaded = swarm.counts.downloaded,
                       .incomplete = swarm.counts.leechers});
  }
  std::ranges::sort(entries, {}, &protocol::ScrapeEntry::info_hash);
  return entries;
}

// ---- looking things up ----

std::uint64_t SwarmRegistry::hash_of(const InfoHashV1& info_hash) const {
  return mix20(salt_, info_hash.view());
}

std::uint64_t SwarmRegistry::hash_of(std::uint32_t swarm, const PeerIdentity& who) const {
  const std::uint64_t place = (std::uint64_t{swarm} << 32) | who.key;
  return mix20(runtime::mix(salt_, place), who.id.view());
}

std::uint64_t SwarmRegistry::hash_of(std::uint32_t swarm, const Endpoint& endpoint) const {
  std::uint64_t hash = runtime::mix(salt_, (std::uint64_t{swarm} << 16) | endpoint.port);
  const Bytes octets = std::as_bytes(endpoint.address.octets());
  for (std::size_t at = 0; at < octets.size(); at += 4) {
    hash = runtime::mix(hash, std::uint64_t{protocol::read_u32(octets, at)});
  }
  return hash;
}

std::uint32_t SwarmRegistry::find_swarm(const InfoHashV1& info_hash) const {
  return swarm_by_hash_.find(hash_of(info_hash), [&](std::uint32_t slot) {
    return swarms_[slot].info_hash == info_hash;
  });
}

std::uint32_t SwarmRegistry::find_peer(std::uint32_t swarm, const PeerIdentity& who) const {
  return peer_by_identity_.find(hash_of(swarm, who), [&](std::uint32_t slot) {
    return peers_[slot].swarm == swarm && peers_[slot].who == who;
  });
}

std::uint32_t SwarmRegistry::find_listener(std::uint32_t swarm, const Endpoint& endpoint) const {
  const Family family = family_of(endpoint.address);
  return peer_by_endpoint_.find(hash_of(swarm, endpoint), [&](std::uint32_t slot) {
    const Peer& peer = peers_[slot];
    return peer.swarm == swarm && peer.place[index_of(family)] != kNoSlot &&
           endpoint_of(peer, family) == endpoint;
  });
}

// ---- coming and going ----

std::uint32_t SwarmRegistry::add_swarm(const InfoHashV1& info_hash) {
  std::uint32_t slot = free_swarm_;
  if (slot == kNoSlot) {
    slot = static_cast<std::uint32_t>(swarms_.size());
    swarms_.emplace_back();
  } else {
    free_swarm_ = swarms_[slot].next_free;
  }
  Swarm& swarm = swarms_[slot];
  swarm.info_hash = info_hash;
  swarm.is_free = false;
  swarm_by_hash_.insert(hash_of(info_hash), slot);
  ++totals_.swarms;
  return slot;
}

std::uint32_t SwarmRegistry::add_peer(std::uint32_t swarm, const PeerIdentity& who, Role role) {
  std::uint32_t slot = free_peer_;
  if (slot == kNoSlot) {
    slot = static_cast<std::uint32_t>(peers_.size());
    peers_.emplace_back();
  } else {
    free_peer_ = peers_[slot].newer;
  }
  peers_[slot] = Peer{};
  peers_[slot].who = who;
  peers_[slot].swarm = swarm;
  peers_[slot].role = role;
  peer_by_identity_.insert(hash_of(swarm, who), slot);
  count(swarms_[swarm], role, +1);
  return slot;
}

void SwarmRegistry::drop_peer(std::uint32_t slot) {
  const std::uint32_t swarm = peers_[slot].swarm;
  for (const Family family : {Family::v4, Family::v6}) {
    if (peers_[slot].place[index_of(family)] != kNoSlot) delist(slot, family);
  }
  unlink(slot);
  peer_by_identity_.erase(hash_of(swarm, peers_[slot].who), slot);
  count(swarms_[swarm], peers_[slot].role, -1);
  peers_[slot] = Peer{};
  peers_[slot].newer = std::exchange(free_peer_, slot);
  drop_swarm_if_idle(swarm);
}

void SwarmRegistry::drop_swarm_if_idle(std::uint32_t slot) {
  if (swarms_[slot].counts != SwarmCounts{}) return;
  swarm_by_hash_.erase(hash_of(swarms_[slot].info_hash), slot);
  swarms_[slot] = Swarm{};
  swarms_[slot].next_free = std::exchange(free_swarm_, slot);
  --totals_.swarms;
}

void SwarmRegistry::count(Swarm& swarm, Role role, std::int32_t change) {
  // Unsigned arithmetic wraps, so adding "-1" subtracts.
  const auto delta = static_cast<std::uint32_t>(change);
  (role == Role::seed ? swarm.counts.seeds : swarm.counts.leechers) += delta;
  (role == Role::seed ? totals_.seeds : totals_.leechers) += delta;
}

// ---- endpoints ----

template <class F>
void SwarmRegistry::with_list(Family family, Swarm& swarm, Role role, F&& use) {
  family == Family::v4 ? use(swarm.v4[index_of(role)]) : use(swarm.v6[index_of(role)]);
}

std::size_t SwarmRegistry::list_size(const Swarm& swarm, Family family, Role role) const {
  return family == Family::v4 ? swarm.v4[index_of(role)].size() : swarm.v6[index_of(role)].size();
}

Endpoint SwarmRegistry::endpoint_at(const Swarm& swarm, Family family, Role role,
                                    std::size_t place) const {
  return family == Family::v4 ? to_endpoint(swarm.v4[index_of(role)][place])
                              : to_endpoint(swarm.v6[index_of(role)][place]);
}

std::uint32_t SwarmRegistry::peer_at(const Swarm& swarm, Family family, Role role,
                                     std::size_t place) const {
  return family == Family::v4 ? swarm.v4[index_of(role)][place].peer
                              : swarm.v6[index_of(role)][place].peer;
}

Endpoint SwarmRegistry::endpoint_of(const Peer& peer, Family family) const {
  return endpoint_at(swarms_[peer.swarm], family, peer.role, peer.place[index_of(family)]);
}

std::uint32_t SwarmRegistry::last_seen(const Peer& peer, Family family) const {
  const Swarm& swarm = swarms_[peer.swarm];
  const std::uint32_t place = peer.place[index_of(family)];
  return family == Family::v4 ? swarm.v4[index_of(peer.role)][place].seen
                              : swarm.v6[index_of(peer.role)][place].seen;
}

void SwarmRegistry::enlist(std::uint32_t slot, const Endpoint& endpoint, std::uint32_t seen) {
  Peer& peer = peers_[slot];
  const Family family = family_of(endpoint.address);
  with_list(family, swarms_[peer.swarm], peer.role, [&](auto& list) {
    peer.place[index_of(family)] = static_cast<std::uint32_t>(list.size());
    auto& entry = list.emplace_back();
    entry.address = octets_of<std::tuple_size_v<decltype(entry.address)>>(endpoint.address);
    entry.port = endpoint.port;
    entry.peer = slot;
    entry.seen = seen;
  });
  peer_by_endpoint_.insert(hash_of(peer.swarm, endpoint), slot);
}

void SwarmRegistry::delist(std::uint32_t slot, Family family) {
  Peer& peer = peers_[slot];
  peer_by_endpoint_.erase(hash_of(peer.swarm, endpoint_of(peer, family)), slot);
  const std::uint32_t place = std::exchange(peer.place[index_of(family)], kNoSlot);
  with_list(family, swarms_[peer.swarm], peer.role, [&](auto& list) {
    if (place + 1 != list.size()) {
      list[place] = list.back();
      peers_[list[place].peer].place[index_of(family)] = place;
    }
    list.pop_back();
    // A swarm that has shrunk gives its memory back, but not at every step of a slow decline.
    if (list.capacity() > 64 && list.size() * 4 < list.capacity()) list.shrink_to_fit();
  });
}

void SwarmRegistry::set_role(std::uint32_t slot, Role role) {
  if (peers_[slot].role == role) return;
  Swarm& swarm = swarms_[peers_[slot].swarm];
  struct Kept { Endpoint endpoint; std::uint32_t seen; };
  std::vector<Kept> kept;
  for (const Family family : {Family::v4, Family::v6}) {
    const std::uint32_t place = peers_[slot].place[index_of(family)];
    if (place == kNoSlot) continue;
    kept.push_back({endpoint_of(peers_[slot], family), last_seen(peers_[slot], family)});
    delist(slot, family);
  }
  count(swarm, peers_[slot].role, -1);
  peers_[slot].role = role;
  count(swarm, role, +1);
  for (const Kept& entry : kept) enlist(slot, entry.endpoint, entry.seen);
}

// Gives the endpoint to this peer, in place of what it had in that family and of whoever had the endpoint.
void SwarmRegistry::claim(std::uint32_t slot, const Endpoint& endpoint, Time now) {
  const Family family = family_of(endpoint.address);
  const std::uint32_t swarm = peers_[slot].swarm;
  const std::uint32_t seen = whole_seconds(now);
  const std::uint32_t holder = find_listener(swarm, endpoint);
  if (holder == slot) {
    with_list(family, swarms_[swarm], peers_[slot].role,
              [&](auto& list) { list[peers_[slot].place[index_of(family)]].seen = seen; });
    return;
  }
  if (peers_[slot].place[index_of(family)] != kNoSlot) delist(slot, family);
  enlist(slot, endpoint, seen);
  if (holder == kNoSlot) return;
  if (peers_[holder].place[index_of(other(family))] == kNoSlot) {
    drop_peer(holder);
  } else {
    delist(holder, family);
  }
}

void SwarmRegistry::drop_stale_endpoint(std::uint32_t slot, Family family, Time now) {
  if (peers_[slot].place[index_of(family)] == kNoSlot) return;
  const std::chrono::seconds unseen(whole_seconds(now) - last_seen(peers_[slot], family));
  if (unseen >= silence_) delist(slot, family);
}

// ---- the order of expiry ----

void SwarmRegistry::link_newest(std::uint32_t slot, Time now) {
  Peer& peer = peers_[slot];
  SWARM_ASSERT(newest_ == kNoSlot || peers_[newest_].seen <= now);
  peer.seen = now;
  peer.older = newest_;
  peer.newer = kNoSlot;
  if (newest_ == kNoSlot) {
    oldest_ = slot;
  } else {
    peers_[newest_].newer = slot;
  }
  newest_ = slot;
}

void SwarmRegistry::unlink(std::uint32_t slot) {
  const Peer& peer = peers_[slot];
  (peer.older == kNoSlot ? oldest_ : peers_[peer.older].newer) = peer.newer;
  (peer.newer == kNoSlot ? newest_ : peers_[peer.newer].older) = peer.older;
}

void SwarmRegistry::check_invariants() const {
  RegistryTotals totals;
  for (const Swarm& swarm : swarms_) {
    if (swarm.is_free) continue;
    ++totals.swarms;
    totals.seeds += swarm.counts.seeds;
    totals.leechers += swarm.counts.leechers;
  }
  SWARM_ASSERT(totals == totals_);
  std::vector<SwarmCounts> counted(swarms_.size());
  std::size_t endpoints = 0;
  std::size_t peers = 0;
  for (std::uint32_t slot = oldest_; slot != kNoSlot; slot = peers_[slot].newer) {
    const Peer& peer = peers_[slot];
    ++(peer.role == Role::seed ? counted[peer.swarm].seeds : counted[peer.swarm].leechers);
    SWARM_ASSERT(peer.newer == kNoSlot ? newest_ == slot : peers_[peer.newer].seen >= peer.seen);
    SWARM_ASSERT(find_peer(peer.swarm, peer.who) == slot);
    std::size_t listed = 0;
    for (const Family family : {Family::v4, Family::v6}) {
      const std::uint32_t place = peer.place[index_of(family)];
      if (place == kNoSlot) continue;
      ++listed;
      SWARM_ASSERT(peer_at(swarms_[peer.swarm], family, peer.role, place) == slot);
      SWARM_ASSERT(find_listener(peer.swarm, endpoint_of(peer, family)) == slot);
    }
    SWARM_ASSERT(listed > 0, slot);
    endpoints += listed;
    ++peers;
  }
  SWARM_ASSERT(peers == peer_by_identity_.size() && endpoints == peer_by_endpoint_.size());
  std::size_t in_lists = 0;
  for (std::size_t i = 0; i < swarms_.size(); ++i) {
    SWARM_ASSERT(counted[i].seeds == swarms_[i].counts.seeds &&
                 counted[i].leechers == swarms_[i].counts.leechers);
    for (const Role role : {Role::leecher, Role::seed}) {
      in_lists += list_size(swarms_[i], Family::v4, role) + list_size(swarms_[i], Family::v6, role);
    }
  }
  SWARM_ASSERT(in_lists == endpoints, in_lists, endpoints);
}

}  // namespace swarmlab::tracker
