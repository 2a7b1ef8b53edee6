#include "swarmsim/expect/entropy.hpp"

#include <algorithm>
#include <map>

#include "swarmsim/expect/expression.hpp"

namespace swarmlab::swarmsim {

EventSet Entropy::interest() {
  return EventSet{}
      .add(WireEventKind::opened)
      .add(WireEventKind::ended)
      .sent(MessageKind::interested)
      .sent(MessageKind::not_interested);
}

void Entropy::on_event(const WireEvent& event) {
  if (event.from.value() >= peer_count_ || event.to.value() >= peer_count_) return;
  switch (event.kind) {
    case WireEventKind::opened: {
      const auto meet = [&](Direction writes, HostId local, HostId remote) {
        Acquaintance& who = side(event.connection, writes);
        who.local = local;
        who.remote = remote;
        who.opened = event.at;
      };
      meet(event.direction, event.from, event.to);
      meet(opposite(event.direction), event.to, event.from);
      return;
    }
    case WireEventKind::ended:
      // Whoever ended its direction first.
      for (const Direction writes : {event.direction, opposite(event.direction)}) {
        Acquaintance& who = side(event.connection, writes);
        who.ended = std::min(who.ended, event.at);
      }
      return;
    case WireEventKind::sent:
      if (event.message.kind == MessageKind::interested) turn(event, true);
      if (event.message.kind == MessageKind::not_interested) turn(event, false);
      return;
    case WireEventKind::joined:
    case WireEventKind::stopped:
    case WireEventKind::received:
    case WireEventKind::undecodable: return;
  }
}

Entropy::Acquaintance& Entropy::side(ConnectionId connection, Direction writes) {
  const std::size_t slot = 2 * std::size_t{connection.value()} + static_cast<std::size_t>(writes);
  if (slot >= sides_.size()) sides_.resize(slot + 1);
  return sides_[slot];
}

void Entropy::turn(const WireEvent& event, bool to_interested) {
  std::vector<Time>& turns = side(event.connection, event.direction).turns;
  const bool is_interested = turns.size() % 2 == 1;
  if (is_interested != to_interested) turns.push_back(event.at);
}

Entropy::Together Entropy::together(const Acquaintance& who, Time from, Time to) const {
  const Time begin = std::max(who.opened, from);
  const Time end = std::min({who.ended, arrivals_.completed_at(who.local), arrivals_.completed_at(who.remote), to});
  Together sum;
  if (begin >= end) return sum;
  sum.all = end - begin;
  for (std::size_t i = 0; i < who.turns.size(); i += 2) {
    const Time on = std::max(who.turns[i], begin);
    const Time off = std::min(i + 1 < who.turns.size() ? who.turns[i + 1] : end, end);
    if (on < off) sum.interested += off - on;
  }
  return sum;
}

Number Entropy::share(HostId local, std::span<const HostId> others, int percentile, Time from, Time end) const {
  if (from == kNever) return {};
  std::map<HostId, Together> sums;   // several connections with one peer are one acquaintance
  for (const Acquaintance& who : sides_) {
    if (who.opened == kNever || who.local != local || !std::ranges::binary_search(others, who.remote)) continue;
    const Together one = together(who, from, end);
    sums[who.remote].all += one.all;
    sums[who.remote].interested += one.interested;
  }
  std::vector<Number> shares;
  for (const auto& [remote, sum] : sums)
    if (sum.all >= kLeastTogether) shares.push_back(quotient(Number::of(sum.interested), Unit::time, Number::of(sum.all), Unit::time));
  return aggregate(Aggregate::percentile, percentile, std::move(shares));
}

}  // namespace swarmlab::swarmsim
