// SwarmRegistry: which peers are in which swarm.  State only; announce_rules decides what an announce means.
//
// Who is who.  A peer is its peer id together with its key (BEP 7), so that
//   - a peer which comes back from another address or port is the same peer and counts once (bug B68);
//   - a peer with an IPv4 and an IPv6 address is one peer with two endpoints;
//   - nobody takes another peer off the list with an id alone, which dictionary replies show to everyone.
// And an endpoint belongs to one peer: whoever announces it last has it, because only one process can listen
// there.  So a client that crashed and came back under a new id leaves no ghost behind.
//
// Every announce costs constant time.  Per swarm, family and role there is a dense list of endpoints, from which
// peers are drawn; all peers hang in one list ordered by when they were last heard of, whose front expires.
// A peer takes about 110 bytes in all.
//
// A swarm without peers is forgotten, unless somebody completed there: that count outlives its peers.
// A registry knows nothing of other registries, so a tracker may keep one per shard of the info-hash space.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/announce.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "protocol/units.hpp"
#include "runtime/random.hpp"
#include "tracker/slot_table.hpp"

namespace swarmlab::tracker {

enum class Role : std::uint8_t { leecher = 0, seed = 1 };
enum class Family : std::uint8_t { v4 = 0, v6 = 1 };
constexpr Family family_of(const IpAddress& address) { return address.is_v6() ? Family::v6 : Family::v4; }
constexpr Family other(Family family) { return family == Family::v4 ? Family::v6 : Family::v4; }

struct PeerIdentity {
  PeerId id;
  std::uint32_t key = 0;
  friend bool operator==(const PeerIdentity&, const PeerIdentity&) = default;
};

// Bounds what strangers can make a tracker remember.
struct RegistryLimits {
  std::uint32_t swarms = 1'000'000;
  std::uint32_t peers = 10'000'000;
};

struct SwarmCounts {
  std::uint32_t seeds = 0;
  std::uint32_t leechers = 0;
  std::uint32_t downloaded = 0;
  friend bool operator==(const SwarmCounts&, const SwarmCounts&) = default;
};

struct RegistryTotals {
  std::uint32_t swarms = 0;      // with peers, or remembered for what was downloaded
  std::uint32_t seeds = 0;
  std::uint32_t leechers = 0;
  friend bool operator==(const RegistryTotals&, const RegistryTotals&) = default;
};

struct ExpiredPeer {
  InfoHashV1 info_hash;
  PeerIdentity who;
};

class SwarmRegistry {
 public:
  // A peer not heard of for `silence` is to be expired.  `salt` keys the hash tables: a secret.
  SwarmRegistry(Duration silence, std::uint64_t salt, RegistryLimits limits = {});

  struct Sighting {
    PeerIdentity who;
    Endpoint endpoint;             // port not 0
    Role role = Role::leecher;
    bool says_completed = false;   // the "completed" event
  };
  // Adds the peer or brings it up to date.  False where a limit keeps a new one out; nothing changed then.
  //
  // `downloaded` counts a completed event once per peer, of seeds only, and not of a peer that came as a seed: that
  // one had nothing left to complete (bug B62).  A leecher may announce that nothing is left before it sends the
  // event, as transmission 3.00 does when an announce is due as it completes.  A peer never seen before is
  // believed, so that downloads which outlast a restart of the tracker count.
  bool see(const InfoHashV1& info_hash, const Sighting& sighting, Time now);
  // Forgets the peer with all its endpoints; false when it was not there.
  bool remove(const InfoHashV1& info_hash, const PeerIdentity& who);

  // Forgets who has been silent for too long, oldest first, at most `limit`.
  std::vector<ExpiredPeer> expire(Time now, std::size_t limit);
  // When the next peer falls silent for too long; kNever when there are none.
  Time next_expiry() const;

  struct Wish {
    std::uint32_t count = 0;
    Family family = Family::v4;    // taken from first
    bool both_families = false;    // what is left of the count is taken from the other one
    bool seeds_too = true;
    bool with_ids = false;
  };
  // A random subset of the swarm without `asker` (bug B68).
  std::vector<protocol::TrackerPeer> choose(const InfoHashV1& info_hash, const PeerIdentity& asker,
                                            const Wish& wish, runtime::Random& random) const;

  // nullopt: the swarm is not known.
  std::optional<SwarmCounts> counts(const InfoHashV1& info_hash) const;
  RegistryTotals totals() const { return totals_; }
  // Every swarm, ordered by info-hash.  Costs a sort.
  std::vector<protocol::ScrapeEntry> all() const;

  // Recounts everything; for tests and deep checks.
  void check_invariants() const;

 private:
  template <std::size_t N>
  struct Listed {
    std::array<std::uint8_t, N> address{};
    std::uint16_t port = 0;
    std::uint32_t peer = kNoSlot;
    std::uint32_t seen = 0;        // seconds: an endpoint that is not renewed goes though its peer stays
  };
  using ListedV4 = Listed<4>;
  using ListedV6 = Listed<16>;

  struct Peer {
    PeerIdentity who;
    std::uint32_t swarm = kNoSlot;          // kNoSlot: this slot is free
    Time seen;
    std::uint32_t older = kNoSlot;          // neighbours in the list of all peers by `seen`;
    std::uint32_t newer = kNoSlot;          // of a free slot: the next free one
    std::array<std::uint32_t, 2> place{kNoSlot, kNoSlot};   // by family: where its lists have it
    Role role = Role::leecher;
    bool has_completed = false;
  };

  struct Swarm {
    InfoHashV1 info_hash;
    SwarmCounts counts;
    bool is_free = true;
    std::uint32_t next_free = kNoSlot;
    std::array<std::vector<ListedV4>, 2> v4;   // by role
    std::array<std::vector<ListedV6>, 2> v6;
  };

  std::uint64_t hash_of(const InfoHashV1& info_hash) const;
  std::uint64_t hash_of(std::uint32_t swarm, const PeerIdentity& who) const;
  std::uint64_t hash_of(std::uint32_t swarm, const Endpoint& endpoint) const;
  std::uint32_t find_swarm(const InfoHashV1& info_hash) const;
  std::uint32_t find_peer(std::uint32_t swarm, const PeerIdentity& who) const;
  std::uint32_t find_listener(std::uint32_t swarm, const Endpoint& endpoint) const;
  std::uint32_t add_swarm(const InfoHashV1& info_hash);
  std::uint32_t add_peer(std::uint32_t swarm, const PeerIdentity& who, Role role);
  void drop_peer(std::uint32_t slot);
  void drop_swarm_if_idle(std::uint32_t slot);

  template <class F> static void with_list(Family family, Swarm& swarm, Role role, F&& use);
  std::size_t list_size(const Swarm& swarm, Family family, Role role) const;
  Endpoint endpoint_at(const Swarm& swarm, Family family, Role role, std::size_t place) const;
  std::uint32_t peer_at(const Swarm& swarm, Family family, Role role, std::size_t place) const;
  // Of a peer that has an endpoint of this family.
  Endpoint endpoint_of(const Peer& peer, Family family) const;
  std::uint32_t last_seen(const Peer& peer, Family family) const;
  void enlist(std::uint32_t slot, const Endpoint& endpoint, std::uint32_t seen);
  void delist(std::uint32_t slot, Family family);
  void set_role(std::uint32_t slot, Role role);
  void claim(std::uint32_t slot, const Endpoint& endpoint, Time now);
  void drop_stale_endpoint(std::uint32_t slot, Family family, Time now);
  void append_choice(const Swarm& swarm, const Wish& wish, Family family, std::uint32_t asker,
                     std::vector<protocol::TrackerPeer>& out, runtime::Random& random) const;
  void count(Swarm& swarm, Role role, std::int32_t change);
  void link_newest(std::uint32_t slot, Time now);
  void unlink(std::uint32_t slot);

  Duration silence_;
  std::uint64_t salt_;
  RegistryLimits limits_;
  // Slots are reused, last freed first.
  std::vector<Peer> peers_;
  std::vector<Swarm> swarms_;
  std::uint32_t free_peer_ = kNoSlot;
  std::uint32_t free_swarm_ = kNoSlot;
  std::uint32_t oldest_ = kNoSlot;
  std::uint32_t newest_ = kNoSlot;
  SlotTable swarm_by_hash_;
  SlotTable peer_by_identity_;       // one entry per peer
  SlotTable peer_by_endpoint_;       // one entry per listed endpoint
  // counts of a swarm = peers in it by role; each peer has one endpoint at least and stands in the list of
  // its role and the endpoint's family; `seen` never decreases along `newer`.
  RegistryTotals totals_;
};

}  // namespace swarmlab::tracker
