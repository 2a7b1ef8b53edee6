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
  const std::size_t teller = row(event.connection, event.direction);
  if (told_.size() < teller + row_words_) {
    told_.resize(row(ConnectionId(event.connection.value() + 1), Direction::from_dialler), 0);
    lies_at(told_.data(), row_words_ * sizeof(std::uint64_t), told_.size() * sizeof(std::uint64_t));
  }
  last_was_news_ = false;
  const auto tell = [&](std::uint32_t piece) { last_was_news_ = set(teller, piece) || last_was_news_; };
  if (kind == MessageKind::have) {
    if (event.message.piece.value() < piece_count_) tell(event.message.piece.value());
  } else if (kind == MessageKind::have_all) {
    for (std::uint32_t piece = 0; piece < piece_count_; ++piece) tell(piece);
  } else {
    const std::size_t bits = std::min<std::size_t>(piece_count_, 8 * event.payload.size());
    for (std::uint32_t piece = 0; piece < bits; ++piece)
      if ((event.payload[piece / 8] & std::byte{0x80} >> (piece % 8)) != std::byte{0}) tell(piece);
  }
}

bool Announced::set(std::size_t row, std::uint32_t piece) {
  std::uint64_t& word = told_[row + 1 + piece / 64];
  const std::uint64_t bit = std::uint64_t{1} << (piece % 64);
  if ((word & bit) != 0) return false;
  word |= bit;
  ++told_[row];
  return true;
}

bool Announced::has(ConnectionId connection, Direction teller, PieceIndex piece) const {
  const std::size_t at = row(connection, teller);
  return at < told_.size() && piece.value() < piece_count_ && (told_[at + 1 + piece.value() / 64] >> (piece.value() % 64) & 1) != 0;
}

std::uint32_t Announced::count(ConnectionId connection, Direction teller) const {
  const std::size_t at = row(connection, teller);
  return at < told_.size() ? static_cast<std::uint32_t>(told_[at]) : 0;
}

}  // namespace swarmlab::swarmsim
