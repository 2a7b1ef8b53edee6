#include "swarmsim/expect/choke_gaps.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {

EventSet ChokeGaps::interest() {
  return EventSet{}.sent(MessageKind::choke).received(MessageKind::interested).received(MessageKind::not_interested);
}

void ChokeGaps::on_event(const WireEvent& event) {
  const MessageKind kind = event.message.kind;
  if (event.kind == WireEventKind::received) {
    if (kind == MessageKind::interested) is_interested_.writer(event) = 1;
    if (kind == MessageKind::not_interested) is_interested_.writer(event) = 0;
    return;
  }
  if (event.kind != WireEventKind::sent || kind != MessageKind::choke || event.from.value() >= moments_.size()) return;
  if (is_interested_.reader(event) != 0) moments_[event.from.value()].push_back(event.decided_earliest);
}

Number ChokeGaps::shortest(HostId peer) const {
  std::vector<Time> moments = moments_[peer.value()];
  std::ranges::sort(moments);
  Duration shortest = Duration::max();
  for (std::size_t i = 1; i < moments.size(); ++i)
    if (moments[i] != moments[i - 1]) shortest = std::min(shortest, moments[i] - moments[i - 1]);
  return shortest == Duration::max() ? Number() : Number::of(shortest);
}

}  // namespace swarmlab::swarmsim
