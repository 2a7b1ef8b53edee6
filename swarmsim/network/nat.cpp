#include "swarmsim/network/nat.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {
namespace {

constexpr std::uint16_t kFirstPort = 20'000;   // below the ports that hosts take by themselves
constexpr std::uint16_t kLastPort = 32'000;

}  // namespace

Duration Nat::lifetime() const { return kind_ == NatKind::no_inbound ? Duration{30s} : Duration{2min}; }

std::uint16_t Nat::send(std::uint16_t inner, const Endpoint& to, Time now) {
  if (kind_ == NatKind::open) return inner;
  std::erase_if(contacts_, [now](const Contact& contact) { return contact.expires <= now; });
  const auto known = std::ranges::find_if(
      contacts_, [&](const Contact& contact) { return contact.inner == inner && contact.to == to; });
  if (known != contacts_.end()) {
    known->expires = now + lifetime();
    return known->outer;
  }
  std::uint16_t outer = inner;
  if (kind_ == NatKind::symmetric) {
    const auto is_taken = [&] {
      return std::ranges::find(contacts_, next_port_, &Contact::outer) != contacts_.end();
    };
    for (int tries = kLastPort - kFirstPort; tries > 0 && is_taken(); --tries)
      next_port_ = next_port_ == kLastPort ? kFirstPort : static_cast<std::uint16_t>(next_port_ + 1);
    outer = next_port_;
    next_port_ = next_port_ == kLastPort ? kFirstPort : static_cast<std::uint16_t>(next_port_ + 1);
  }
  contacts_.push_back({.inner = inner, .outer = outer, .to = to, .expires = now + lifetime()});
  return outer;
}

std::optional<std::uint16_t> Nat::receive(std::uint16_t outer, const Endpoint& from, Time now) const {
  if (kind_ == NatKind::open) return outer;
  for (const Contact& contact : contacts_) {
    if (contact.outer != outer || contact.expires <= now) continue;
    if (kind_ == NatKind::full_cone || contact.to == from) return contact.inner;
  }
  return std::nullopt;
}

}  // namespace swarmlab::swarmsim
