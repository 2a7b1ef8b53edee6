#include "swarmsim/checks/books.hpp"

namespace swarmlab::swarmsim {

const Announced& Books::told() {
  if (!told_) keep(kTold, told_.emplace(facts_.geometry.piece_count(), Announced::Moment::sent).interest());
  return *told_;
}

const Announced& Books::heard() {
  if (!heard_) keep(kHeard, heard_.emplace(facts_.geometry.piece_count(), Announced::Moment::received).interest());
  return *heard_;
}

const Dialogues& Books::dialogues() {
  if (!dialogues_) {
    dialogues_.emplace(facts_, heard());
    keep(kDialogues, Dialogues::interest());
  }
  return *dialogues_;
}

const Connections& Books::connections() {
  if (!connections_) {
    connections_.emplace(facts_);
    keep(kConnections, Connections::interest());
  }
  return *connections_;
}

void Books::keep(Book book, const EventSet& interest) {
  for (std::size_t sort = 0; sort < EventSet::kSorts; ++sort)
    if (interest.has_sort(sort)) open_at_[sort] = static_cast<std::uint8_t>(open_at_[sort] | book);
}

void Books::enter(const WireEvent& event, std::uint8_t open) {
  if ((open & kTold) != 0) told_->on_event(event);
  if ((open & kHeard) != 0) heard_->on_event(event);
  if ((open & kDialogues) != 0) dialogues_->on_event(event);
  if ((open & kConnections) != 0) connections_->on_event(event);
}

}  // namespace swarmlab::swarmsim
