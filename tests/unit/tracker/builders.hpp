// What tracker tests talk about: hashes and peers by number, announces with the usual values filled in.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "protocol/announce.hpp"
#include "tracker/announce_rules.hpp"
#include "tracker/swarm_registry.hpp"

namespace swarmlab::tracker::test {

template <class Hash>
Hash numbered(std::uint32_t number) {
  Hash hash;
  for (std::size_t i = 0; i < 4; ++i) hash.bytes[i] = static_cast<std::byte>((number >> (8 * i)) & 0xff);
  return hash;
}
inline InfoHashV1 torrent(std::uint32_t number) { return numbered<InfoHashV1>(number); }
inline PeerId peer(std::uint32_t number) { return numbered<PeerId>(number); }

inline Endpoint at(std::string_view text) {
  const auto endpoint = Endpoint::parse(text);
  SWARM_ASSERT(endpoint.has_value());
  return *endpoint;
}
inline IpAddress address(std::string_view text) {
  const auto parsed = IpAddress::parse(text);
  SWARM_ASSERT(parsed.has_value());
  return *parsed;
}

inline protocol::AnnounceRequest announce(std::uint32_t who, std::int64_t left,
                                          protocol::AnnounceEvent event = protocol::AnnounceEvent::none) {
  protocol::AnnounceRequest request;
  request.info_hash = torrent(1);
  request.peer_id = peer(who);
  request.port = static_cast<std::uint16_t>(1000 + who);
  request.left = ByteCount(left);
  request.event = event;
  return request;
}

inline std::vector<std::string> endpoints(const std::vector<protocol::TrackerPeer>& peers) {
  std::vector<std::string> texts;
  for (const protocol::TrackerPeer& each : peers) texts.push_back(to_string(each.endpoint));
  std::ranges::sort(texts);
  return texts;
}

}  // namespace swarmlab::tracker::test
