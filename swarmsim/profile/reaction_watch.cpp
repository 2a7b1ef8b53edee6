#include "swarmsim/profile/reaction_watch.hpp"

namespace swarmlab::swarmsim {

void ReactionWatch::on_event(const WireEvent& event) {
  if (event.kind == WireEventKind::sent && event.message.kind == MessageKind::handshake) arrivals_.on_handshake(event);
  const HostId other = event.from == client_ ? event.to : event.from;
  if ((event.from != client_ && event.to != client_) || other.value() >= partners_.size()) return;
  Partner& partner = partners_[other.value()];
  if (event.kind == WireEventKind::opened || event.kind == WireEventKind::ended) partner = {};
  if (event.kind == WireEventKind::sent && event.from == client_) on_sent(partner, event);
  if (event.kind == WireEventKind::received && event.to == client_) on_received(partner, event);
}

void ReactionWatch::on_sent(Partner& partner, const WireEvent& event) {
  switch (event.message.kind) {
    case MessageKind::request:
      arrivals_.on_request(event);
      if (partner.unchoked != kNever) unchoke_to_request_.add(event.at - partner.unchoked);
      partner.unchoked = kNever;
      return;
    case MessageKind::interested:
      if (partner.offered != kNever && !partner.is_interesting) offer_to_interested_.add(event.at - partner.offered);
      partner.is_interesting = true;
      return;
    case MessageKind::have:
      if (const auto whole = not_told_.find(event.message.piece); whole != not_told_.end()) {
        piece_to_have_.add(event.at - whole->second);
        not_told_.erase(whole);
      }
      return;
    default: return;
  }
}

void ReactionWatch::on_received(Partner& partner, const WireEvent& event) {
  switch (event.message.kind) {
    case MessageKind::bitfield:
    case MessageKind::have_all:
    case MessageKind::have:
      if (partner.offered == kNever) partner.offered = event.at;
      return;
    case MessageKind::unchoke:
      if (partner.is_interesting) partner.unchoked = event.at;
      return;
    case MessageKind::choke: partner.unchoked = kNever; return;
    case MessageKind::piece:
      if (const auto whole = arrivals_.on_block(event); whole && whole->is_true) not_told_[whole->piece] = whole->at;
      return;
    default: return;
  }
}

}  // namespace swarmlab::swarmsim
