#include "protocol/pex_message.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "protocol/assert.hpp"
#include "protocol/compact_peers.hpp"
#include "protocol/ids.hpp"

namespace swarmlab::protocol {
namespace {

struct Family {
  std::string_view added, flags, dropped;
  std::size_t stride;
  bool is_v6;
};
constexpr Family kV4{"added", "added.f", "dropped", kCompactV4Bytes, false};
constexpr Family kV6{"added6", "added6.f", "dropped6", kCompactV6Bytes, true};

PexFlags flags_of(std::uint8_t bits) {
  return {(bits & 0x01) != 0, (bits & 0x02) != 0, (bits & 0x04) != 0, (bits & 0x08) != 0, (bits & 0x10) != 0};
}

std::uint8_t bits_of(PexFlags flags) {
  return static_cast<std::uint8_t>((flags.prefers_encryption ? 0x01 : 0) | (flags.upload_only ? 0x02 : 0) |
                                   (flags.supports_utp ? 0x04 : 0) | (flags.supports_holepunch ? 0x08 : 0) |
                                   (flags.is_reachable ? 0x10 : 0));
}

Bytes bytes_at(const bencode::Node& root, std::string_view key) {
  const auto node = root.find(key);
  const auto text = node ? node->string() : std::nullopt;
  return text ? as_bytes(*text) : Bytes();
}

// Calls f(position, endpoint) for each entry; nobody listens at port 0, but its place in the list counts.
template <class F>
void for_each_entry(Bytes list, std::size_t stride, F&& f) {
  if (list.size() % stride != 0) return;
  for (std::size_t i = 0; i < std::min(list.size() / stride, kMaxPexPeers); ++i) {
    std::vector<TrackerPeer> one;
    read_compact(list.subspan(i * stride, stride), stride, one);
    if (!one.empty()) f(i, one.front().endpoint);
  }
}

void read_family(const bencode::Node& root, const Family& family, PexMessage& message) {
  const Bytes flags = bytes_at(root, family.flags);
  for_each_entry(bytes_at(root, family.added), family.stride, [&](std::size_t i, const Endpoint& endpoint) {
    message.added.push_back({endpoint, i < flags.size() ? flags_of(std::to_integer<std::uint8_t>(flags[i])) : PexFlags{}});
  });
  for_each_entry(bytes_at(root, family.dropped), family.stride,
                 [&](std::size_t, const Endpoint& endpoint) { message.dropped.push_back(endpoint); });
}

}  // namespace

std::expected<PexMessage, bencode::Error> decode_pex_message(Bytes payload) {
  const auto document = bencode::Document::decode(payload, bencode::Trailing::allow);
  if (!document) return std::unexpected(document.error());
  if (!document->root().is_dictionary()) return std::unexpected(bencode::Error{0, "is no dictionary"});
  PexMessage message;
  read_family(document->root(), kV4, message);
  read_family(document->root(), kV6, message);
  return message;
}

std::vector<std::byte> encode(const PexMessage& message) {
  SWARM_ASSERT(!message.empty());
  bencode::Writer out;
  out.begin_dictionary();
  const auto added = [&](const Family& family) {
    std::vector<std::byte> peers, flags;
    for (const PexPeer& peer : message.added) {
      if (peer.endpoint.address.is_v6() != family.is_v6) continue;
      append_compact(peer.endpoint, peers);
      flags.push_back(static_cast<std::byte>(bits_of(peer.flags)));
    }
    if (!peers.empty()) out.key(family.added).string(Bytes(peers)).key(family.flags).string(Bytes(flags));
  };
  const auto dropped = [&](const Family& family) {
    std::vector<std::byte> peers;
    for (const Endpoint& peer : message.dropped) {
      if (peer.address.is_v6() == family.is_v6) append_compact(peer, peers);
    }
    if (!peers.empty()) out.key(family.dropped).string(Bytes(peers));
  };
  added(kV4);
  added(kV6);
  dropped(kV4);
  dropped(kV6);
  return out.end().take();
}

}  // namespace swarmlab::protocol
