#include "client/peer_priority.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace {

constexpr std::uint32_t kCastagnoli = 0x82F63B78;   // bits reversed
constexpr std::uint8_t kHalf = 0x55;

// Bytes that count whole however far apart the two are: a /16, a /48.
constexpr std::size_t kWholeV4 = 2;
constexpr std::size_t kWholeV6 = 6;

}  // namespace

std::uint32_t crc32c(std::span<const std::uint8_t> bytes) {
  std::uint32_t crc = 0xffff'ffff;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kCastagnoli : 0);
  }
  return ~crc;
}

std::uint32_t peer_priority(const Endpoint& one, const Endpoint& other) {
  SWARM_ASSERT(one.address.is_v6() == other.address.is_v6());
  if (one.address == other.address) {
    const auto [low, high] = std::minmax(one.port, other.port);
    const std::array<std::uint8_t, 4> ports{static_cast<std::uint8_t>(low >> 8), static_cast<std::uint8_t>(low),
                                            static_cast<std::uint8_t>(high >> 8), static_cast<std::uint8_t>(high)};
    return crc32c(ports);
  }
  const auto a = one.address.octets();
  const auto b = other.address.octets();
  const auto differs = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  // As many bytes as are equal, and the next: that one tells them apart.
  const std::size_t least = one.address.is_v6() ? kWholeV6 : kWholeV4;
  const std::size_t whole = differs < least ? least : differs + 1;
  std::array<std::uint8_t, 32> pair{};
  const auto masked = [&](std::span<const std::uint8_t> octets, std::size_t to) {
    for (std::size_t i = 0; i < octets.size(); ++i) {
      pair[to + i] = i < whole ? octets[i] : static_cast<std::uint8_t>(octets[i] & kHalf);
    }
  };
  const bool in_order = std::ranges::lexicographical_compare(a, b);
  masked(in_order ? a : b, 0);
  masked(in_order ? b : a, a.size());
  return crc32c(std::span(pair).first(2 * a.size()));
}

}  // namespace swarmlab::client
