#include "swarmsim/checks/slot_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/quantities.hpp"

namespace swarmlab::swarmsim {

SlotWatch::SlotWatch(const std::vector<HostId>& who, std::size_t peer_count, SpellHandler& handler)
    : peer_count_(peer_count), handler_(handler), number_of_(peer_count, kNobody) {
  for (const HostId host : who) {
    number_of_[host.value()] = clients_.size();
    clients_.emplace_back().host = host;
  }
}

EventSet SlotWatch::interest() {
  return EventSet{}
      .add(WireEventKind::opened)
      .add(WireEventKind::ended)
      .add(WireEventKind::joined)
      .add(WireEventKind::stopped)
      .sent(MessageKind::choke)
      .sent(MessageKind::unchoke)
      .received(MessageKind::interested)
      .received(MessageKind::not_interested);
}

void SlotWatch::on_event(const WireEvent& event) {
  const Direction back = opposite(event.direction);
  switch (event.kind) {
    case WireEventKind::opened:
      note(event.from, event.to, event.direction, Kind::opened, event.at, event);
      note(event.to, event.from, back, Kind::opened, event.at, event);
      return;
    case WireEventKind::ended:
      // Either side may have been first: both can hang up while the other's FIN is on its way.
      note_end(event.from, event.to, event.direction, event);
      note_end(event.to, event.from, back, event);
      return;
    case WireEventKind::joined:
    case WireEventKind::stopped:
      if (const std::size_t number = number_of(event.from); number != kNobody)
        add(number, {event.at, event.kind == WireEventKind::joined ? Kind::joined : Kind::stopped, {}, {}, {}}, event.at);
      return;
    case WireEventKind::sent:
      if (event.message.kind != MessageKind::choke && event.message.kind != MessageKind::unchoke) return;
      if (event.decided_earliest < event.decided_latest)
        note(event.from, event.to, event.direction, Kind::doubt, event.decided_earliest, event);
      note(event.from, event.to, event.direction, event.message.kind == MessageKind::choke ? Kind::choke : Kind::unchoke,
           event.decided_latest, event);
      return;
    case WireEventKind::received:
      if (event.message.kind == MessageKind::interested)
        note(event.to, event.from, back, Kind::interested, event.at, event);
      else if (event.message.kind == MessageKind::not_interested)
        note(event.to, event.from, back, Kind::not_interested, event.at, event);
      return;
    case WireEventKind::undecodable: return;
  }
}

std::size_t SlotWatch::number_of(HostId host) const {
  return host.value() < number_of_.size() ? number_of_[host.value()] : kNobody;
}

void SlotWatch::note(HostId client, HostId peer, Direction writes, Kind kind, Time at, const WireEvent& event) {
  const std::size_t number = number_of(client);
  if (number == kNobody || peer.value() >= peer_count_) return;
  add(number, {at, kind, event.connection, writes, peer}, event.at);
}

void SlotWatch::note_end(HostId client, HostId peer, Direction writes, const WireEvent& event) {
  const std::size_t number = number_of(client);
  if (number == kNobody || peer.value() >= peer_count_) return;
  const std::vector<Change>& waiting = clients_[number].waiting;
  Time leaving = std::max(kStart, event.at - kHangUp);
  for (std::size_t i = waiting.size(); i > clients_[number].settled && waiting[i - 1].at > leaving; --i)
    if (waiting[i - 1].connection == event.connection && waiting[i - 1].kind < Kind::stopped) leaving = waiting[i - 1].at;
  add(number, {leaving, Kind::leaving, event.connection, writes, peer}, event.at);
  add(number, {event.at, Kind::closed, event.connection, writes, peer}, event.at);
}

void SlotWatch::add(std::size_t number, const Change& change, Time now) {
  Client& client = clients_[number];
  const auto begin = client.waiting.begin() + static_cast<std::ptrdiff_t>(client.settled);
  const auto place = std::upper_bound(begin, client.waiting.end(), change,
                                      [](const Change& a, const Change& b) { return a.at < b.at; });
  client.waiting.insert(place, change);
  if (client.from != kNever && change.at < client.from) latest_ = std::max({latest_, now - kPatience - change.at, Duration(1)});
  if (now - kPatience > client.waiting[client.settled].at) settle(number, now - kPatience);
}

void SlotWatch::hedge(Judgement& judgement) const {
  if (judgement.verdict != Verdict::violated || latest_ == Duration{}) return;
  judgement.verdict = Verdict::undecided;
  judgement.summary = fmt::format("a Choke or Unchoke waited {} to be sent, longer than is waited for here; without that: {}",
                                  to_text(kPatience + latest_), judgement.summary);
}

void SlotWatch::finish(Time end) {
  for (std::size_t number = 0; number < clients_.size(); ++number) {
    settle(number, end);
    hand_out(number, end);
  }
}

void SlotWatch::settle(std::size_t number, Time up_to) {
  Client& client = clients_[number];
  while (client.settled < client.waiting.size() && client.waiting[client.settled].at <= up_to) {
    const Time at = client.waiting[client.settled].at;
    hand_out(number, at);
    for (; client.settled < client.waiting.size() && client.waiting[client.settled].at == at; ++client.settled)
      apply(client, client.waiting[client.settled]);
    client.from = client.from == kNever ? at : std::max(client.from, at);
  }
  if (client.settled > 1024) {
    client.waiting.erase(client.waiting.begin(), client.waiting.begin() + static_cast<std::ptrdiff_t>(client.settled));
    client.settled = 0;
  }
}

void SlotWatch::hand_out(std::size_t number, Time to) {
  Client& client = clients_[number];
  if (client.from == kNever || client.from >= to) return;
  Spell spell{.number = number, .client = client.host, .from = client.from, .to = to, .seats = client.seats,
              .unchoked = 0, .served = 0, .interested = 0};
  for (const Seat& seat : client.seats) {
    if (seat.unchoked) ++spell.unchoked;
    if (seat.unchoked && seat.interested) ++spell.served;
    if (seat.interested) ++spell.interested;
  }
  handler_.on_spell(spell);
  client.from = to;
}

void SlotWatch::apply(Client& client, const Change& change) {
  if (change.kind == Kind::stopped || change.kind == Kind::joined) {
    client.is_stopped = change.kind == Kind::stopped;
    for (Seat& seat : client.seats) seat.leaving = seat.ending = true;   // none of them outlives its client
    return;
  }
  auto seat = std::ranges::lower_bound(client.seats, change.connection, {}, &Seat::connection);
  const bool is_known = seat != client.seats.end() && seat->connection == change.connection;
  if (change.kind == Kind::opened) {
    if (is_known) return;
    client.seats.insert(seat, {.connection = change.connection, .writes = change.writes, .peer = change.peer,
                               .leaving = client.is_stopped, .ending = client.is_stopped, .connected = change.at,
                               .interest_changed = change.at, .changed = change.at});
    return;
  }
  if (!is_known) return;
  if (change.kind == Kind::doubt) ++seat->doubts;
  else if ((change.kind == Kind::unchoke || change.kind == Kind::choke) && seat->doubts > 0) --seat->doubts;
  else if (change.kind == Kind::leaving) seat->ending = true;
  seat->leaving = seat->ending || seat->doubts > 0;
  switch (change.kind) {
    case Kind::unchoke:
      if (seat->unchoked) return;
      seat->unchoked = true;
      seat->changed = seat->held_since = change.at;
      return;
    case Kind::choke:
      if (!seat->unchoked) return;
      seat->unchoked = false;
      seat->was_choked = true;
      seat->changed = change.at;
      return;
    case Kind::interested:
    case Kind::not_interested: {
      const bool interested = change.kind == Kind::interested;
      if (seat->interested == interested) return;
      seat->interested = interested;
      seat->interest_changed = change.at;
      return;
    }
    case Kind::closed: client.seats.erase(seat); return;
    case Kind::leaving:
    case Kind::doubt:
    case Kind::opened:
    case Kind::stopped:
    case Kind::joined: return;
  }
}

}  // namespace swarmlab::swarmsim
