#include "swarmsim/checks/useful_bytes.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {

void UsefulBytes::on_event(const WireEvent& event) {
  if (event.kind == WireEventKind::sent && event.message.kind == MessageKind::request) {
    if (!is_receiver_.has(event.from)) return;
    std::vector<protocol::BlockRange>& open = open_.writer(event);
    if (open.size() >= kMostOpen) open.erase(open.begin());
    open.push_back(event.message.block());
  } else if (event.kind == WireEventKind::received && event.message.kind == MessageKind::piece) {
    if (!is_receiver_.has(event.to)) return;
    std::vector<protocol::BlockRange>& open = open_.reader(event);
    const auto asked = std::ranges::find(open, event.message.block());
    if (asked == open.end()) return;
    open.erase(asked);
    if (arrivals_.brought_news()) bytes_.add(event.connection, event.direction, event.at, event.message.length);
  }
}

}  // namespace swarmlab::swarmsim
