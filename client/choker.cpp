#include "client/choker.hpp"

#include <algorithm>
#include <tuple>

#include "protocol/assert.hpp"

namespace swarmlab::client {

bool Unchoked::contains(PeerKey peer) const { return std::ranges::binary_search(peers, peer); }

ChokerRules ChokerRules::of(const Settings& settings) {
  return {.slots = settings.upload_slots,
          .optimistic = settings.optimistic,
          .rechoke_interval = settings.rechoke_interval,
          .optimistic_interval = settings.optimistic_interval,
          .newcomer_weight = settings.newcomer_weight,
          .newcomer_age = settings.newcomer_age,
          .seed_turn_bytes = settings.seed_turn_bytes,
          .seed_turn_time = settings.seed_turn_time,
          .seed_policy = settings.seed_choker,
          .interest_grace = settings.interest_grace,
          .policy = settings.choker};
}

Choker::Choker(const ChokerRules& rules) : rules_(rules) {
  rules_.optimistic = std::min(rules_.optimistic, rules_.slots);
  rules_.newcomer_weight = std::max(rules_.newcomer_weight, 1U);
  optimistic_wanted_ = rules.optimistic;
  seed_choker_ = make_seed_choker(rules_.seed_policy, {.optimistic = rules_.optimistic,
                                                       .optimistic_interval = rules_.optimistic_interval,
                                                       .turn_bytes = rules_.seed_turn_bytes,
                                                       .turn_time = rules_.seed_turn_time});
  leech_choker_ = make_leech_choker(rules_.policy, {.optimistic = rules.optimistic,
                                                    .rechoke_interval = rules_.rechoke_interval,
                                                    .optimistic_interval = rules_.optimistic_interval});
}

void Choker::set_slots(std::uint32_t slots) {
  rules_.slots = slots;
  rules_.optimistic = std::min(optimistic_wanted_, slots);
}

// One decision on its way: who has been given a slot so far.
struct Choker::Round {
  struct Seat {
    PeerView peer;
    bool wants = false;      // would use a slot
    bool may_start = false;  // wants, is choked, and may be unchoked now
    bool given = false;
    Time ready_at = kStart;  // when its state may change (rule E)
    Time grace_ends = kStart;   // rule B
  };

  Round(Time at, ChokeMode mode, const ChokerRules& rules, std::span<const PeerView> peers)
      : now(at), free(rules.slots) {
    seats.reserve(peers.size());
    for (const PeerView& peer : peers) {
      const bool has_changed = peer.changed_at != peer.connected_at;
      const bool has_changed_twice = has_changed && (!peer.unchoked || peer.changed_before != peer.connected_at);
      const Time ready_at = has_changed_twice ? peer.changed_before + rules.rechoke_interval : peer.connected_at;
      const bool has_grace = mode == ChokeMode::leeching && !peer.interested;
      const Time grace_ends = has_grace ? peer.lost_interest_at + rules.interest_grace : kStart;
      seats.push_back({.peer = peer,
                       .wants = peer.interested || (peer.unchoked && now < grace_ends),
                       .may_start = peer.interested && !peer.unchoked && at >= ready_at,
                       .ready_at = ready_at,
                       .grace_ends = grace_ends});
    }
    std::ranges::sort(seats, {}, [](const Seat& seat) { return seat.peer.key; });
    for (std::size_t i = 1; i < seats.size(); ++i) {
      SWARM_ASSERT(seats[i - 1].peer.key != seats[i].peer.key, seats[i].peer.key);
    }
  }

  Seat* find(PeerKey key) {
    const auto at = std::ranges::lower_bound(seats, key, {}, [](const Seat& seat) { return seat.peer.key; });
    return at != seats.end() && at->peer.key == key ? &*at : nullptr;
  }
  void give(Seat& seat) {
    SWARM_ASSERT(!seat.given && free > 0, seat.peer.key, free);
    seat.given = true;
    --free;
  }

  Time now;
  std::size_t free;
  std::vector<Seat> seats;   // in order of keys
};

const Unchoked& Choker::decide(Time now, ChokeMode mode, std::span<const PeerView> peers, runtime::Random& random) {
  Round round(now, mode, rules_, peers);
  for (Round::Seat& seat : round.seats) {
    if (seat.peer.unchoked && now - seat.peer.moved_at >= rules_.idle_after) seat.wants = false;   // rule C
  }
  if (shares_out(mode)) return share_out(round, true, random);
  std::size_t regular = 0;
  for (Round::Seat& seat : round.seats) {   // rule E
    if (!seat.peer.unchoked || !seat.wants || round.free == 0 || now >= seat.ready_at) continue;
    round.give(seat);
    if (!is_in_turn(seat.peer.key)) ++regular;
  }
  if (mode == ChokeMode::seeding) {
    turns_.clear();
    seed(round, true);
    return answer(round);
  }
  const std::size_t regular_slots = rules_.slots - rules_.optimistic;
  if (regular < regular_slots) give_to_best(round, std::min(round.free, regular_slots - regular));
  keep_turns(round);
  draw(round, false, random);
  draw(round, true, random);   // turns that are over and holders who earn nothing go on if nobody else waited
  return answer(round);
}

const Unchoked& Choker::fill(Time now, ChokeMode mode, std::span<const PeerView> peers, runtime::Random& random) {
  Round round(now, mode, rules_, peers);
  if (shares_out(mode)) return share_out(round, false, random);
  std::size_t regular = 0;
  for (Round::Seat& seat : round.seats) {
    if (!seat.peer.unchoked || !seat.wants || round.free == 0) continue;
    round.give(seat);
    if (!is_in_turn(seat.peer.key)) ++regular;
  }
  if (mode == ChokeMode::seeding) {
    turns_.clear();
    seed(round, false);
    return answer(round);
  }
  const std::size_t regular_slots = rules_.slots - rules_.optimistic;
  if (regular < regular_slots) give_to_best(round, std::min(round.free, regular_slots - regular));
  draw(round, false, random);
  return answer(round);
}

// Rule 1.
void Choker::give_to_best(Round& round, std::size_t regular_slots) const {
  struct Earner { std::int64_t rate; bool is_holder; Time connected_at; PeerKey key; };
  std::vector<Earner> earners;
  for (const Round::Seat& seat : round.seats) {
    const PeerView& peer = seat.peer;
    const std::int64_t rate = peer.gives_us.value();
    if (seat.given || !seat.wants || (!peer.unchoked && !seat.may_start) || peer.snubbed || rate <= 0) continue;
    const bool is_holder = peer.unchoked && !is_in_turn(peer.key);
    earners.push_back({is_holder ? rate + rate / 8 : rate, is_holder, peer.connected_at, peer.key});
  }
  std::ranges::sort(earners, [](const Earner& a, const Earner& b) {   // best rate, holders, longest known, key
    return std::tuple(b.rate, b.is_holder, a.connected_at, a.key) < std::tuple(a.rate, a.is_holder, b.connected_at, b.key);
  });
  if (earners.size() > regular_slots) earners.resize(regular_slots);
  for (const Earner& earner : earners) round.give(*round.find(earner.key));
}

// Rule 3: turns that are not over keep their slots, the youngest first where they are too many.
void Choker::keep_turns(Round& round) {
  std::erase_if(turns_, [&](const Turn& turn) {   // it left, wants nothing or earned its slot
    const Round::Seat* const seat = round.find(turn.peer);
    const bool has_earned = seat != nullptr && seat->given && round.now >= seat->ready_at;   // else rule E gave it
    return seat == nullptr || has_earned || !seat->wants || !seat->peer.unchoked;
  });
  for (auto turn = turns_.rbegin(); turn != turns_.rend() && round.free > 0; ++turn) {
    Round::Seat& seat = *round.find(turn->peer);
    if (!seat.given && round.now - turn->since < rules_.optimistic_interval) round.give(seat);
  }
}

std::uint32_t Choker::tickets(const Round& round, const PeerView& peer) const {
  return round.now - peer.connected_at < rules_.newcomer_age ? rules_.newcomer_weight : 1;
}

// Rule 4: draws peers for the free slots, either among those that are choked or among those that hold a slot.
void Choker::draw(Round& round, bool among_unchoked, runtime::Random& random) {
  const auto is_in_pool = [&](const Round::Seat& seat) {
    if (seat.given || !seat.wants) return false;
    return among_unchoked ? seat.peer.unchoked : seat.may_start;
  };
  while (round.free > 0) {
    std::uint64_t all_tickets = 0;
    for (const Round::Seat& seat : round.seats) {
      if (is_in_pool(seat)) all_tickets += tickets(round, seat.peer);
    }
    if (all_tickets == 0) return;
    std::uint64_t drawn = random.below(all_tickets);
    for (Round::Seat& seat : round.seats) {
      if (!is_in_pool(seat)) continue;
      const std::uint32_t own_tickets = tickets(round, seat.peer);
      if (drawn >= own_tickets) {
        drawn -= own_tickets;
        continue;
      }
      round.give(seat);
      if (!is_in_turn(seat.peer.key)) turns_.push_back({seat.peer.key, round.now});
      break;
    }
  }
}

void Choker::seed(Round& round, bool is_round) {
  std::vector<PeerView> candidates;
  for (const Round::Seat& seat : round.seats) {
    if (!seat.given && seat.wants && (seat.peer.unchoked || seat.may_start)) candidates.push_back(seat.peer);
  }
  seed_choker_->order(round.now, round.free, candidates, is_round);
  for (const PeerView& next : candidates) {
    if (round.free == 0) break;
    round.give(*round.find(next.key));
  }
}

const Unchoked& Choker::share_out(Round& round, bool is_round, runtime::Random& random) {
  turns_.clear();
  std::vector<LeechChoker::Candidate> candidates;
  for (const Round::Seat& seat : round.seats) {
    if (!seat.wants || (!seat.peer.unchoked && !seat.may_start)) continue;
    candidates.push_back({seat.peer, seat.peer.unchoked && (!is_round || round.now < seat.ready_at)});
  }
  const LeechChoker::Moment moment{round.now, is_round, *capacity_, round.free};
  const std::vector<UploadShare> shares = leech_choker_->share_out(moment, candidates, random);
  for (const UploadShare& share : shares) round.give(*round.find(share.peer));
  answer(round);
  unchoked_.shares = shares;
  return unchoked_;
}

bool Choker::is_in_turn(PeerKey peer) const { return std::ranges::count(turns_, peer, &Turn::peer) > 0; }

const Unchoked& Choker::answer(Round& round) {
  unchoked_.again_at = kNever;
  for (const Round::Seat& seat : round.seats) {   // rule E
    const bool is_past = seat.ready_at <= round.now;   // it was free to be chosen, and another policy than tit for tat chose nobody
    if (round.free == 0 || !seat.wants || seat.peer.unchoked || seat.given || is_past) continue;
    unchoked_.again_at = std::min(unchoked_.again_at, seat.ready_at);
  }
  const bool somebody_waits = std::ranges::any_of(round.seats, [](const Round::Seat& seat) { return seat.wants && !seat.given; });
  for (const Round::Seat& seat : round.seats) {   // rule B
    if (somebody_waits && seat.given && !seat.peer.interested) unchoked_.again_at = std::min(unchoked_.again_at, seat.grace_ends);
  }
  for (Round::Seat& seat : round.seats) {   // rule B
    if (round.free > 0 && seat.peer.unchoked && !seat.given) round.give(seat);
  }
  std::erase_if(turns_, [&](const Turn& turn) {
    const Round::Seat* const seat = round.find(turn.peer);
    return seat == nullptr || !seat->given;
  });
  std::ranges::sort(turns_, [](const Turn& a, const Turn& b) {
    return std::tuple(a.since, a.peer) < std::tuple(b.since, b.peer);
  });
  unchoked_.peers.clear();
  unchoked_.optimistic.clear();
  unchoked_.shares.clear();
  for (const Round::Seat& seat : round.seats) {
    if (!seat.given) continue;
    unchoked_.peers.push_back(seat.peer.key);
    if (is_in_turn(seat.peer.key)) unchoked_.optimistic.push_back(seat.peer.key);
  }
  SWARM_ASSERT(unchoked_.peers.size() <= rules_.slots, unchoked_.peers.size());
  return unchoked_;
}

}  // namespace swarmlab::client
