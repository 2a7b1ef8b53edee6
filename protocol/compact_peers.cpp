#include "protocol/compact_peers.hpp"

#include <algorithm>
#include <array>

#include "protocol/assert.hpp"
#include "protocol/big_endian.hpp"

namespace swarmlab::protocol {
namespace {

template <std::size_t N>
std::array<std::uint8_t, N> octets_of(Bytes in) {
  std::array<std::uint8_t, N> octets{};
  for (std::size_t i = 0; i < N; ++i) octets[i] = std::to_integer<std::uint8_t>(in[i]);
  return octets;
}

}  // namespace

std::optional<IpAddress> address_from_octets(Bytes octets) {
  if (octets.size() == 4) return IpAddress::v4(octets_of<4>(octets));
  if (octets.size() == 16) return IpAddress::v6(octets_of<16>(octets));
  return std::nullopt;
}

void append_address(const IpAddress& address, std::vector<std::byte>& out) {
  for (const std::uint8_t octet : address.octets()) out.push_back(static_cast<std::byte>(octet));
}

void append_compact(const Endpoint& endpoint, std::vector<std::byte>& out) {
  append_address(endpoint.address, out);
  append_be(out, endpoint.port);
}

void read_compact(Bytes compact, std::size_t stride, std::vector<TrackerPeer>& peers) {
  SWARM_ASSERT(stride == kCompactV4Bytes || stride == kCompactV6Bytes, stride);
  peers.reserve(std::min(peers.size() + compact.size() / stride, kMaxTrackerPeers));
  for (std::size_t at = 0; compact.size() - at >= stride && peers.size() < kMaxTrackerPeers;
       at += stride) {
    const Bytes address = compact.subspan(at, stride - 2);
    const std::uint16_t port = read_u16(compact, at + stride - 2);
    if (port != 0) peers.push_back({{*address_from_octets(address), port}, {}});
  }
}

}  // namespace swarmlab::protocol
