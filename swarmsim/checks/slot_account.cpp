#include "swarmsim/checks/slot_account.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {

void SlotAccount::add(const Change& added, Time now) {
  Change change = added;
  change.at = std::max(change.at, counted_up_to_);
  const auto begin = waiting_.begin() + static_cast<std::ptrdiff_t>(settled_);
  const auto place = std::upper_bound(begin, waiting_.end(), change,
                                      [](const Change& a, const Change& b) { return a.at < b.at; });
  waiting_.insert(place, change);
  if (now - kPatience > waiting_[settled_].at) settle(now - kPatience);
}

void SlotAccount::add_between(Time earliest, const Change& change, Time now) {
  if (earliest < change.at) {
    Change doubt = change;
    doubt.at = earliest;
    doubt.kind = Kind::doubt;
    add(doubt, now);
  }
  add(change, now);
}

void SlotAccount::add_end(const Change& end, Duration margin) {
  Change leaving = end;
  leaving.kind = Kind::leaving;
  leaving.at = std::max(kStart, end.at - margin);
  for (std::size_t i = waiting_.size(); i > settled_ && waiting_[i - 1].at > leaving.at; --i)
    if (waiting_[i - 1].connection == end.connection) leaving.at = waiting_[i - 1].at;
  add(leaving, end.at);
  add(end, end.at);
}

void SlotAccount::finish(Time end) {
  settle(end);
  judge(end, false);
}

void SlotAccount::settle(Time up_to) {
  // Everything decided in one instant is one decision: a rechoke that moves a slot is never a moment with one more.
  while (settled_ < waiting_.size() && waiting_[settled_].at <= up_to) {
    const Time at = waiting_[settled_].at;
    counted_up_to_ = at;
    judge(at, false);
    bool own_unchoke = false;
    for (; settled_ < waiting_.size() && waiting_[settled_].at == at; ++settled_) {
      own_unchoke = own_unchoke || waiting_[settled_].kind == Kind::unchoke;
      apply(waiting_[settled_]);
    }
    if (unchoked_ > most_) most_ = std::max(most_, unchoked_ <= limits_.slots ? unchoked_ : surely_unchoked(at));
    had_demand_ = had_demand_ || interested_ > limits_.slots;
    if (unchoked_ <= limits_.slots) over_since_ = kNever;
    else if (over_since_ == kNever) over_since_ = at;
    const bool is_under = limits_.are_filled && interested_ > limits_.slots && unchoked_ + lingering_ < limits_.slots;
    if (!is_under) under_since_ = kNever;
    else if (under_since_ == kNever) under_since_ = at;
    judge(at, own_unchoke);
  }
  if (settled_ > 1024) {
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(settled_));
    settled_ = 0;
  }
}

void SlotAccount::apply(const Change& change) {
  Peer& peer = peers_[change.connection];
  peer.writes = change.writes;
  const Peer before = peer;
  switch (change.kind) {
    case Kind::doubt: ++peer.doubts; break;
    case Kind::unchoke:
    case Kind::choke:
      peer.unchoked = change.kind == Kind::unchoke;
      peer.doubts -= peer.doubts > 0 ? 1 : 0;
      break;
    case Kind::interested: peer.interested = true; break;
    case Kind::not_interested: peer.interested = false; break;
    case Kind::leaving: peer.leaving = true; break;
    case Kind::closed: peer = Peer{}; break;
  }
  interested_ += static_cast<std::uint32_t>(peer.is_wanting()) - static_cast<std::uint32_t>(before.is_wanting());
  unchoked_ += static_cast<std::uint32_t>(peer.is_served()) - static_cast<std::uint32_t>(before.is_served());
  lingering_ += static_cast<std::uint32_t>(peer.lingers()) - static_cast<std::uint32_t>(before.lingers());
  if (change.kind == Kind::closed) peers_.erase(change.connection);
  if (fault_ || change.kind == Kind::leaving || change.kind == Kind::doubt) return;
  if (recent_.size() >= 6) recent_.erase(recent_.begin());
  recent_.push_back(change);
}

std::uint32_t SlotAccount::surely_unchoked(Time at) const {
  std::uint32_t count = 0;
  for (const auto& [connection, peer] : peers_)
    if (peer.is_served() && !backlogs_->at(connection, peer.writes).may_hide(at)) ++count;
  return count;
}

void SlotAccount::judge(Time at, bool own_unchoke) {
  if (over_since_ != kNever && (own_unchoke || at - over_since_ > limits_.reaction) && surely_unchoked(at) > limits_.slots)
    accuse(own_unchoke ? Wrong::unchoked_too_many : Wrong::kept_too_many, over_since_, at);
  if (under_since_ != kNever && at - under_since_ > limits_.reaction) accuse(Wrong::too_few, under_since_, at);
}

void SlotAccount::accuse(Wrong wrong, Time since, Time at) {
  if (!fault_) fault_ = Fault{wrong, since, at, unchoked_, interested_, recent_};
}

}  // namespace swarmlab::swarmsim
