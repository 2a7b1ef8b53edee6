#include "client/seed_choker.hpp"

#include <algorithm>
#include <utility>

namespace swarmlab::client {
namespace {

// A place in the order: the smallest first.
struct Place {
  int rank = 0;
  std::int64_t within = 0;
  std::int64_t then = 0;
  PeerKey key;
  friend constexpr auto operator<=>(const Place&, const Place&) = default;
};

template <class PlaceOf>
void sort_by_place(std::vector<PeerView>& candidates, PlaceOf&& place_of) {
  std::ranges::sort(candidates, {}, place_of);
}

std::int64_t since_start(Time time) { return (time - kStart).count(); }

bool is_mid_turn(Time now, const PeerView& peer, const SeedRules& rules) {
  const Duration held = now - peer.changed_at;
  const bool has_enough = peer.sent_since_unchoke >= rules.turn_bytes || held >= 2 * rules.turn_time;
  return peer.unchoked && (held < rules.turn_time || !has_enough);
}

class TimeQuota final : public SeedChoker {
 public:
  explicit TimeQuota(const SeedRules& rules) : rules_(rules) {}
  void order(Time now, std::size_t, std::vector<PeerView>& candidates, bool) override {
    sort_by_place(candidates, [&](const PeerView& peer) {
      if (!peer.unchoked) return Place{1, since_start(peer.changed_at), 0, peer.key};   // who has waited longest
      // Of holders the longest turns are the first to go; of equal ones that of the peer that came first.
      return Place{is_mid_turn(now, peer, rules_) ? 0 : 2, -since_start(peer.changed_at), -std::int64_t{peer.key.value()}, peer.key};
    });
  }

 private:
  SeedRules rules_;
};

class FastestUpload final : public SeedChoker {
 public:
  explicit FastestUpload(const SeedRules& rules) : rules_(rules) {}
  void order(Time now, std::size_t slots, std::vector<PeerView>& candidates, bool) override {
    std::vector<std::pair<std::int64_t, PeerKey>> takers;
    for (const PeerView& peer : candidates) {
      if (peer.unchoked) takers.emplace_back(-peer.takes_from_us.value(), peer.key);
    }
    std::ranges::sort(takers);
    const std::size_t regular = slots - std::min<std::size_t>(slots, rules_.optimistic);
    if (takers.size() > regular) takers.resize(regular);
    sort_by_place(candidates, [&](const PeerView& peer) {
      const std::int64_t takes = -peer.takes_from_us.value();
      if (!peer.unchoked) return Place{2, since_start(peer.changed_at), 0, peer.key};
      if (std::ranges::binary_search(takers, std::pair(takes, peer.key))) return Place{0, takes, 0, peer.key};
      return Place{now - peer.changed_at < rules_.optimistic_interval ? 1 : 3, takes, 0, peer.key};
    });
  }

 private:
  SeedRules rules_;
};

class AntiLeech final : public SeedChoker {
 public:
  explicit AntiLeech(const SeedRules& rules) : rules_(rules) {}
  void order(Time now, std::size_t, std::vector<PeerView>& candidates, bool) override {
    std::vector<std::pair<Time, PeerKey>> waiting;
    for (const PeerView& peer : candidates) {
      if (!peer.unchoked) waiting.emplace_back(peer.changed_at, peer.key);
    }
    std::ranges::sort(waiting);
    if (waiting.size() > rules_.optimistic) waiting.resize(rules_.optimistic);
    sort_by_place(candidates, [&](const PeerView& peer) {
      if (is_mid_turn(now, peer, rules_)) return Place{0, -since_start(peer.changed_at), 0, peer.key};
      if (!peer.unchoked && std::ranges::binary_search(waiting, std::pair(peer.changed_at, peer.key))) {
        return Place{1, since_start(peer.changed_at), 0, peer.key};
      }
      const std::int64_t from_half = std::int64_t{peer.progress} - 500;
      return Place{2, -(from_half < 0 ? -from_half : from_half), since_start(peer.changed_at), peer.key};
    });
  }

 private:
  SeedRules rules_;
};

class NewSeed final : public SeedChoker {
 public:
  void order(Time now, std::size_t slots, std::vector<PeerView>& candidates, bool is_round) override {
    std::size_t kept = slots;
    if (is_round) {
      const std::size_t anew = (slots + 2) / 3;   // in three rounds
      kept = slots - (anew * (round_ + 1) / 3 - anew * round_ / 3);
      round_ = (round_ + 1) % 3;
    }
    std::vector<Place> holders;
    for (const PeerView& peer : candidates) {
      if (peer.unchoked) holders.push_back(as_holder(now, peer));
    }
    std::ranges::sort(holders);
    const bool all_stay = holders.size() <= kept;
    const Place last_kept = all_stay || kept == 0 ? Place{} : holders[kept - 1];
    sort_by_place(candidates, [&](const PeerView& peer) {
      if (!peer.unchoked) return Place{2, since_start(peer.changed_at), 0, peer.key};
      Place place = as_holder(now, peer);
      if (!all_stay && (kept == 0 || last_kept < place)) place.rank += 3;
      return place;
    });
  }

 private:
  static constexpr Duration kRecent = 30s;
  // Who asked or got something in the last round has requests open.
  static constexpr Duration kActive = 10s;

  // Rank 0 or 1: those unchoked lately or at work before all others, the latest first.  Were those at work ordered by what they take, a
  // fast free rider would keep its slot for good: five times the time of others (scenarios/papers/legout06-new_seed_choker.yaml).
  static Place as_holder(Time now, const PeerView& peer) {
    if (now - peer.changed_at < kRecent || now - peer.moved_at < kActive) return {0, -since_start(peer.changed_at), 0, peer.key};
    return {1, -peer.takes_from_us.value(), -since_start(peer.changed_at), peer.key};
  }

  std::size_t round_ = 0;
};

}  // namespace

std::unique_ptr<SeedChoker> make_seed_choker(SeedPolicy policy, const SeedRules& rules) {
  switch (policy) {
    case SeedPolicy::time_quota: return std::make_unique<TimeQuota>(rules);
    case SeedPolicy::fastest_upload: return std::make_unique<FastestUpload>(rules);
    case SeedPolicy::anti_leech: return std::make_unique<AntiLeech>(rules);
    case SeedPolicy::new_seed: return std::make_unique<NewSeed>();
  }
  return nullptr;
}

}  // namespace swarmlab::client
