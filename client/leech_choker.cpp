#include "client/leech_choker.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "client/upload_slots.hpp"

namespace swarmlab::client {
namespace {

using Candidate = LeechChoker::Candidate;
using Moment = LeechChoker::Moment;

BytesPerSecond part(BytesPerSecond whole, std::int64_t of, std::int64_t all) {
  return BytesPerSecond(static_cast<std::int64_t>(detail::Int128{whole.value()} * of / all));
}

// What each partner of somebody gets who has as much to give as we have.
BytesPerSecond equal_share(BytesPerSecond capacity) {
  return std::max(kLeastShare, part(capacity, 1, auto_upload_slots(capacity)));
}

// The shares of the last answer.
class LastShares {
 public:
  // Of one that had none: `otherwise`.
  BytesPerSecond of(PeerKey peer, BytesPerSecond otherwise) const {
    const auto found = std::ranges::lower_bound(shares_, peer, {}, &UploadShare::peer);
    return found != shares_.end() && found->peer == peer ? found->rate : otherwise;
  }
  const std::vector<UploadShare>& set(std::vector<UploadShare> shares) {
    std::ranges::sort(shares, {}, &UploadShare::peer);
    shares_ = std::move(shares);
    return shares_;
  }

 private:
  std::vector<UploadShare> shares_;   // in order of keys
};

class BitTyrant final : public LeechChoker {
 public:
  explicit BitTyrant(const LeechRules& rules) : rules_(rules) {}

  std::vector<UploadShare> share_out(const Moment& moment, std::span<const Candidate> candidates, runtime::Random&) override {
    if (moment.is_round) learn(moment, candidates);
    std::vector<const Candidate*> order;
    for (const Candidate& one : candidates) order.push_back(&one);
    std::ranges::sort(order, {}, [&](const Candidate* one) { return place(moment, *one); });
    std::vector<UploadShare> chosen;
    BytesPerSecond spent;
    for (const Candidate* one : order) {   // those that must stay come first
      const BytesPerSecond needs = estimate(moment, one->peer).needs;
      const bool is_paid = chosen.empty() || spent + needs <= moment.capacity;
      if (chosen.size() == moment.slots || (!one->must_stay && !is_paid)) break;
      chosen.push_back({one->peer.key, needs});
      spent = spent + needs;
    }
    for (UploadShare& share : chosen) {
      const BytesPerSecond fresh = std::max(kLeastShare, part(share.rate, moment.capacity.value(), spent.value()));
      share.rate = moment.is_round ? fresh : last_.of(share.peer, share.rate);
    }
    return last_.set(std::move(chosen));
  }

 private:
  struct Estimate {
    BytesPerSecond needs;
    BytesPerSecond gives;
    std::uint32_t rounds = 0;       // in a row in which it unchoked us
    Time seen{};
  };
  static constexpr std::uint32_t kSureAfter = 3;
  static constexpr Duration kMemory = 10min;   // of one that wanted nothing for as long

  Estimate& estimate(const Moment& moment, const PeerView& peer) {
    const BytesPerSecond first = equal_share(moment.capacity);
    return estimates_.try_emplace(peer.key, Estimate{.needs = first, .gives = first, .seen = moment.now}).first->second;
  }

  void learn(const Moment& moment, std::span<const Candidate> candidates) {
    for (const Candidate& one : candidates) {
      const PeerView& peer = one.peer;
      Estimate& known = estimate(moment, peer);
      known.seen = moment.now;
      const bool was_served = peer.unchoked && moment.now - peer.changed_at >= rules_.rechoke_interval;
      if (!was_served || !peer.am_interested) continue;
      if (peer.unchokes_us) {
        known.gives = peer.gives_us;
        if (++known.rounds >= kSureAfter) known.needs = part(known.needs, 9, 10);
      } else {
        known.rounds = 0;
        known.needs = part(known.needs, 6, 5);
      }
      known.needs = std::clamp(known.needs, kLeastShare, std::max(kLeastShare, moment.capacity));
    }
    std::erase_if(estimates_, [&](const auto& known) { return moment.now - known.second.seen > kMemory; });
  }

  // In its order: who stays, who has what we want, who gives most for what it takes, who is served, who has waited longest.
  using Place = std::tuple<bool, bool, std::int64_t, bool, Time, PeerKey>;
  Place place(const Moment& moment, const Candidate& one) {
    const Estimate& known = estimate(moment, one.peer);
    const auto worth = static_cast<std::int64_t>(detail::Int128{known.gives.value()} * 1024 / known.needs.value());
    return Place(!one.must_stay, !one.peer.am_interested, -worth, !one.peer.unchoked, one.peer.changed_at, one.peer.key);
  }

  LeechRules rules_;
  std::map<PeerKey, Estimate> estimates_;
  LastShares last_;
};

class PropShare final : public LeechChoker {
 public:
  explicit PropShare(const LeechRules& rules) : rules_(rules) {}

  std::vector<UploadShare> share_out(const Moment& moment, std::span<const Candidate> candidates, runtime::Random& random) override {
    std::vector<UploadShare> chosen;
    if (moment.is_round) {
      somebody_gave_ = std::ranges::any_of(candidates, is_giver);
      reward(moment, candidates, chosen);
    } else {
      for (const Candidate& one : candidates)
        if (one.must_stay && !is_in_turn(one.peer.key) && chosen.size() < moment.slots)
          chosen.push_back({one.peer.key, last_.of(one.peer.key, kLeastShare)});
    }
    const std::size_t wanted = somebody_gave_ ? rules_.optimistic : auto_upload_slots(moment.capacity);
    keep_turns(moment, candidates, chosen, wanted);
    draw(moment, candidates, chosen, wanted, random);
    const BytesPerSecond for_turns = somebody_gave_ ? part(moment.capacity, 1, kTurnsPart) : moment.capacity;
    for (const Turn& turn : turns_) {
      const BytesPerSecond fresh = std::max(kLeastShare, part(for_turns, 1, static_cast<std::int64_t>(turns_.size())));
      chosen.push_back({turn.peer, moment.is_round ? fresh : last_.of(turn.peer, fresh)});
    }
    if (moment.is_round && turns_.empty()) {
      for (UploadShare& share : chosen) share.rate = part(share.rate, kTurnsPart, kTurnsPart - 1);
    }
    return last_.set(std::move(chosen));
  }

 private:
  struct Turn { PeerKey peer; Time since; };
  static constexpr std::int64_t kTurnsPart = 5;   // one in so many parts of the capacity is for turns

  // Rule 1, and the least for those that must stay without having given.
  void reward(const Moment& moment, std::span<const Candidate> candidates, std::vector<UploadShare>& chosen) {
    std::vector<const Candidate*> givers;
    std::int64_t given = 0;
    for (const Candidate& one : candidates) {
      if (!is_giver(one) && !(one.must_stay && !is_in_turn(one.peer.key))) continue;
      givers.push_back(&one);
      if (is_giver(one)) given += one.peer.gives_us.value();
    }
    std::ranges::sort(givers, {}, [](const Candidate* one) {
      return std::tuple(!one->must_stay, -one->peer.gives_us.value(), one->peer.connected_at, one->peer.key);
    });
    const std::size_t most = moment.slots - std::min<std::size_t>(moment.slots, rules_.optimistic);
    const BytesPerSecond whole = part(moment.capacity, kTurnsPart - 1, kTurnsPart);
    for (const Candidate* one : givers) {
      const BytesPerSecond share = is_giver(*one) ? part(whole, one->peer.gives_us.value(), given) : BytesPerSecond{};
      if (!one->must_stay && (chosen.size() >= most || share < kLeastShare)) continue;
      if (chosen.size() == moment.slots) break;
      chosen.push_back({one->peer.key, std::max(share, kLeastShare)});
    }
    std::ranges::sort(chosen, {}, &UploadShare::peer);
  }

  // Rule 2.  Turns go on while they are young, and where they must.
  void keep_turns(const Moment& moment, std::span<const Candidate> candidates, const std::vector<UploadShare>& chosen,
                  std::size_t wanted) {
    std::vector<Turn> kept;
    for (const Turn& turn : turns_) {   // in the order of their beginning
      const Candidate* const one = find(candidates, turn.peer);
      if (one == nullptr || !one->peer.unchoked || is_among(chosen, turn.peer)) continue;
      const bool is_young = moment.now - turn.since < rules_.optimistic_interval && kept.size() < wanted;
      const bool has_room = chosen.size() + kept.size() < moment.slots;
      if (has_room && (one->must_stay || is_young)) kept.push_back(turn);
    }
    turns_ = std::move(kept);
  }

  // Those whose turn has just ended are drawn only when nobody else waits.
  void draw(const Moment& moment, std::span<const Candidate> candidates, const std::vector<UploadShare>& chosen, std::size_t wanted,
            runtime::Random& random) {
    for (const bool among_unchoked : {false, true}) {
      std::vector<PeerKey> pool;
      for (const Candidate& one : candidates)
        if (one.peer.unchoked == among_unchoked && !is_among(chosen, one.peer.key) && !is_in_turn(one.peer.key))
          pool.push_back(one.peer.key);
      while (!pool.empty() && turns_.size() < wanted && chosen.size() + turns_.size() < moment.slots) {
        const auto drawn = pool.begin() + static_cast<std::ptrdiff_t>(random.below(pool.size()));
        turns_.push_back({*drawn, moment.now});
        pool.erase(drawn);
      }
    }
  }

  static bool is_giver(const Candidate& one) { return one.peer.gives_us.value() > 0 && !one.peer.snubbed; }
  static bool is_among(const std::vector<UploadShare>& chosen, PeerKey peer) {
    return std::ranges::binary_search(chosen, peer, {}, &UploadShare::peer);
  }
  static const Candidate* find(std::span<const Candidate> candidates, PeerKey peer) {
    const auto found = std::ranges::lower_bound(candidates, peer, {}, [](const Candidate& one) { return one.peer.key; });
    return found != candidates.end() && found->peer.key == peer ? &*found : nullptr;
  }
  bool is_in_turn(PeerKey peer) const { return std::ranges::count(turns_, peer, &Turn::peer) > 0; }

  LeechRules rules_;
  std::vector<Turn> turns_;      // in the order of their beginning
  bool somebody_gave_ = false;   // at the last round
  LastShares last_;
};

}  // namespace

std::unique_ptr<LeechChoker> make_leech_choker(LeechPolicy policy, const LeechRules& rules) {
  switch (policy) {
    case LeechPolicy::tit_for_tat: return nullptr;
    case LeechPolicy::bittyrant: return std::make_unique<BitTyrant>(rules);
    case LeechPolicy::propshare: return std::make_unique<PropShare>(rules);
  }
  return nullptr;
}

}  // namespace swarmlab::client
