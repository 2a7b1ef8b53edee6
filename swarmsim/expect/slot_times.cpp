#include "swarmsim/expect/slot_times.hpp"

#include <algorithm>
#include <tuple>

namespace swarmlab::swarmsim {
namespace {

std::vector<HostId> everybody(const RunFacts& facts) {
  std::vector<HostId> peers;
  for (std::uint32_t i = 0; i < facts.peers.size(); ++i) peers.emplace_back(i);
  return peers;
}

}  // namespace

SlotTimes::SlotTimes(const RunFacts& facts) : facts_(facts), watch_(everybody(facts), facts.peers.size(), *this) {}

void SlotTimes::on_spell(const Spell& spell) {
  // What happened before the end of a spell has been told when it is handed out.
  const Time to = std::min(spell.to, whole_until_);
  if (to <= spell.from) return;
  served_.clear();
  for (const Seat& seat : spell.seats)
    if (seat.unchoked && seat.interested && !seat.leaving) served_.push_back(&seat);
  std::ranges::sort(served_, [](const Seat* a, const Seat* b) {
    return std::tuple(a->held_since, a->connection) < std::tuple(b->held_since, b->connection);
  });
  const PeerFacts& client = facts_.peers[spell.client.value()];
  const std::size_t regular = client.upload_slots - std::min(client.optimistic, client.upload_slots);
  for (std::size_t i = 0; i < served_.size(); ++i) {
    Sum& sum = sums_[{spell.client, served_[i]->peer}];
    sum.all += to - spell.from;
    if (i < regular) sum.regular += to - spell.from;
  }
}

SlotTimes::Sum SlotTimes::sum_of(HostId client, HostId peer) const {
  const auto found = sums_.find({client, peer});
  return found == sums_.end() ? Sum{} : found->second;
}

}  // namespace swarmlab::swarmsim
