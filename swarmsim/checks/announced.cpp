#include "swarmsim/checks/announced.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {

EventSet Announced::interest() const {
  using enum MessageKind;
  if (moment_ == Moment::sent) return EventSet{}.sent(have).sent(bitfield).sent(have_all);
  return EventSet{}.received(have).received(bitfield).received(have_all);
}

void Announced::on_event(const WireEvent& event) {
  if (event.kind != (moment_ == Moment::sent ? WireEventKind::sent : WireEventKind::received)) return;
  const MessageKind kind = event.message.kind;
  if (kind != MessageKind::have && kind != MessageKind::bitfield && kind != MessageKind::have_all) return;
  protocol::Bitfield& told = told_.writer(event);
  if (told.size() == 0) told = protocol::Bitfield(piece_count_);
  const std::uint32_t before = told.count();
  if (kind == MessageKind::have_all) {
    told.set_all();
  } else if (kind == MessageKind::have) {
    if (event.message.piece.value() < piece_count_) told.set(event.message.piece);
  } else {
    const std::size_t bits = std::min<std::size_t>(piece_count_, 8 * event.payload.size());
    for (std::uint32_t piece = 0; piece < bits; ++piece)
      if ((event.payload[piece / 8] & std::byte{0x80} >> (piece % 8)) != std::byte{0}) told.set(PieceIndex(piece));
  }
  last_was_news_ = told.count() > before;
}

bool Announced::has(ConnectionId connection, Direction teller, PieceIndex piece) const {
  const protocol::Bitfield* told = told_.find(connection, teller);
  return told != nullptr && piece.value() < told->size() && told->test(piece);
}

std::uint32_t Announced::count(ConnectionId connection, Direction teller) const {
  const protocol::Bitfield* told = told_.find(connection, teller);
  return told != nullptr ? told->count() : 0;
}

}  // namespace swarmlab::swarmsim
