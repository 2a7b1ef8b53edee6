#include "swarmsim/profile/slot_turns.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {

SlotTurns::SlotTurns(HostId client, const RunFacts& facts, Time from)
    : client_(client), from_(from), watch_({client}, facts.peers.size(), *this), partners_(facts.peers.size()) {}

void SlotTurns::on_event(const WireEvent& event) {
  watch_.on_event(event);
  const HostId other = event.from == client_ ? event.to : event.from;
  if ((event.from != client_ && event.to != client_) || other.value() >= partners_.size()) return;
  Partner& partner = partners_[other.value()];
  if (event.kind == WireEventKind::ended) partner = {};
  if (event.kind == WireEventKind::received && event.to == client_ && event.message.kind == MessageKind::interested &&
      partner.interested == kNever && !partner.turn) {
    partner.interested = event.at;
    partner.in_use = std::ranges::count_if(partners_, [](const Partner& one) { return one.turn.has_value(); });
  }
  if (event.kind != WireEventKind::sent || event.from != client_) return;
  if (event.message.kind == MessageKind::unchoke) on_unchoke(partner, event);
  if (event.message.kind == MessageKind::choke && partner.turn) {
    turns_[*partner.turn].end = when_decided(event);
    partner.turn.reset();
  }
}

void SlotTurns::on_unchoke(Partner& partner, const WireEvent& event) {
  if (partner.turn) return;
  partner.turn = turns_.size();
  turns_.push_back({event.to, event.at});
  unchokes_.push_back(event.at);
  if (partner.interested != kNever) waits_.push_back({event.at - partner.interested, partner.in_use});
  partner.interested = kNever;
}

Time SlotTurns::when_decided(const WireEvent& choke) const {
  const auto after = std::ranges::upper_bound(unchokes_, choke.at);
  if (after == unchokes_.begin()) return choke.at;
  const Time latest = *(after - 1);
  return latest + kOneMoment >= choke.decided_earliest ? latest : choke.at;
}

void SlotTurns::on_spell(const Spell& spell) {
  const bool is_certain = std::ranges::none_of(spell.seats, [](const Seat& seat) { return seat.leaving; });
  if (!is_certain) return;
  std::vector<HostId> holders;
  for (const Seat& seat : spell.seats)
    if (seat.unchoked && seat.interested) holders.push_back(seat.peer);
  for (Time at = std::max(spell.from, from_) + kStep; at <= spell.to; at += kStep) steps_.push_back(holders);
}

Sample SlotTurns::in_use(const Which& which) const {
  Sample sample;
  for (const std::vector<HostId>& holders : steps_) sample.add(std::int64_t{std::ranges::count_if(holders, which)});
  return sample;
}

Sample SlotTurns::turns(const Which& which) const {
  Sample sample;
  for (const Turn& turn : turns_)
    if (turn.end != kNever && turn.end >= from_ && which(turn.peer)) sample.add(turn.end - turn.begin);
  return sample;
}

std::optional<Spacing> SlotTurns::beat() const {
  const auto first = std::ranges::lower_bound(unchokes_, from_);
  return common_spacing({first, unchokes_.end()});
}

Sample SlotTurns::waits_for_free_slot(std::int64_t slots) const {
  Sample sample;
  for (const Wait& wait : waits_)
    if (wait.in_use < slots) sample.add(wait.time);
  return sample;
}

}  // namespace swarmlab::swarmsim
