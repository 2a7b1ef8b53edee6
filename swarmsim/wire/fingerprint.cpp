#include "swarmsim/wire/fingerprint.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/random.hpp"

namespace swarmlab::swarmsim {

Fingerprint::Fingerprint(std::span<const std::string> names) : chains_(names.size(), 0) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    keys_.push_back(runtime::mix(0, names[i]));
    in_order_of_names_.push_back(HostId(static_cast<std::uint32_t>(i)));
  }
  std::ranges::sort(in_order_of_names_, [&](HostId a, HostId b) { return names[a.value()] < names[b.value()]; });
}

// xor, multiply, shift: one round of a 64-bit finaliser, so order matters and every bit spreads.
void Fingerprint::fold(HostId host, std::uint64_t value) {
  std::uint64_t& chain = chains_[host.value()];
  chain = (chain ^ value) * 0x9e3779b97f4a7c15ull;
  chain ^= chain >> 29;
}

std::uint64_t Fingerprint::hash(Bytes bytes) {
  std::uint64_t value = 0xcbf29ce484222325ull;
  for (const std::byte b : bytes) value = (value ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3ull;
  return value;
}

void Fingerprint::add(const WireEvent& event) {
  const bool at_receiver = event.kind == WireEventKind::received;
  const HostId host = at_receiver ? event.to : event.from;
  const HostId other = at_receiver ? event.from : event.to;
  const WireMessage& message = event.message;
  // An extension handshake counts as the extended message that it is, as it did before it had a name of its own.
  const MessageKind kind = message.kind == MessageKind::extension_handshake ? MessageKind::extended : message.kind;
  fold(host, static_cast<std::uint64_t>(event.kind) | static_cast<std::uint64_t>(event.how) << 8 |
                 static_cast<std::uint64_t>(kind) << 16 |
                 static_cast<std::uint64_t>(message.authentic) << 24 | std::uint64_t{message.piece.value()} << 32);
  fold(host, std::uint64_t{message.begin.value()} << 32 | message.length);
  fold(host, static_cast<std::uint64_t>(event.at.time_since_epoch().count()));
  if (event.kind == WireEventKind::sent)
    fold(host, static_cast<std::uint64_t>(event.decided_earliest.time_since_epoch().count()));
  if (event.kind != WireEventKind::joined && event.kind != WireEventKind::stopped) fold(host, keys_[other.value()]);
  if (!event.payload.empty()) fold(host, hash(event.payload));
}

std::uint64_t Fingerprint::value() const {
  std::uint64_t value = 0;
  for (const HostId host : in_order_of_names_) {
    value = runtime::mix(value, keys_[host.value()]);
    value = runtime::mix(value, chains_[host.value()]);
  }
  return value;
}

std::string fingerprint_text(std::uint64_t value) { return fmt::format("{:016x}", value); }

}  // namespace swarmlab::swarmsim
