#include "swarmsim/expect/request_depths.hpp"

#include <algorithm>
#include <numeric>

namespace swarmlab::swarmsim {

EventSet RequestDepths::interest() {
  return EventSet{}
      .sent(MessageKind::request)
      .sent(MessageKind::cancel)
      .received(MessageKind::piece)
      .received(MessageKind::reject)
      .received(MessageKind::choke);
}

void RequestDepths::on_event(const WireEvent& event) {
  const MessageKind kind = event.message.kind;
  if (event.kind == WireEventKind::sent) {
    if (kind != MessageKind::request && kind != MessageKind::cancel) return;
    std::uint32_t& open = open_.writer(event);
    if (kind == MessageKind::request) ++open;
    else open -= std::min(open, 1u);
    return;
  }
  if (event.kind != WireEventKind::received) return;
  if (kind != MessageKind::piece && kind != MessageKind::reject && kind != MessageKind::choke) return;
  std::uint32_t& open = open_.reader(event);
  if (kind == MessageKind::choke) {   // what was open is void, or rejected next
    open = 0;
    return;
  }
  if (kind == MessageKind::piece && open > 0 && event.to.value() < counts_.size()) {
    std::vector<std::uint64_t>& counts = counts_[event.to.value()];
    const std::size_t depth = std::min(open, kDeepest);
    if (depth >= counts.size()) counts.resize(depth + 1);
    ++counts[depth];
  }
  open -= std::min(open, 1u);
}

Number RequestDepths::median(HostId peer) const {
  const std::vector<std::uint64_t>& counts = counts_[peer.value()];
  const std::uint64_t all = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  std::uint64_t seen = 0;
  for (std::size_t depth = 0; depth < counts.size(); ++depth) {
    seen += counts[depth];
    if (seen > 0 && 2 * seen >= all) return Number::of(static_cast<std::int64_t>(depth));
  }
  return {};
}

}  // namespace swarmlab::swarmsim
