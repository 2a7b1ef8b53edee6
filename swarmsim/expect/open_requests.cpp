#include "swarmsim/expect/open_requests.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {

EventSet OpenRequests::interest() {
  return EventSet{}
      .sent(MessageKind::request)
      .sent(MessageKind::cancel)
      .received(MessageKind::piece)
      .received(MessageKind::reject)
      .received(MessageKind::choke);
}

std::optional<std::uint32_t> OpenRequests::on_event(const WireEvent& event) {
  const MessageKind kind = event.message.kind;
  if (event.kind == WireEventKind::sent) {
    if (kind != MessageKind::request && kind != MessageKind::cancel) return std::nullopt;
    std::uint32_t& open = open_.writer(event);
    if (kind == MessageKind::request) ++open;
    else open -= std::min(open, 1u);
    return std::nullopt;
  }
  if (event.kind != WireEventKind::received) return std::nullopt;
  if (kind != MessageKind::piece && kind != MessageKind::reject && kind != MessageKind::choke) return std::nullopt;
  std::uint32_t& open = open_.reader(event);
  const std::uint32_t before = open;
  open = kind == MessageKind::choke ? 0 : before - std::min(before, 1u);   // after a Choke what was open is void, or rejected next
  return kind == MessageKind::piece && before > 0 ? std::optional(before) : std::nullopt;
}

}  // namespace swarmlab::swarmsim
