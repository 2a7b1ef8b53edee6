// Addresses: where a peer, a tracker or a listener is.
//
// One IpAddress holds either family; an IPv4-mapped IPv6 address is stored as IPv4, so that one
// host compares equal whichever socket it came in through (bug B46).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/units.hpp"

namespace swarmlab {

class IpAddress {
 public:
  constexpr IpAddress() = default;  // 0.0.0.0
  static constexpr IpAddress v4(std::array<std::uint8_t, 4> octets) {
    IpAddress address;
    for (std::size_t i = 0; i < 4; ++i) address.octets_[i] = octets[i];
    return address;
  }
  static constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return v4(std::array<std::uint8_t, 4>{a, b, c, d});
  }
  static IpAddress v6(const std::array<std::uint8_t, 16>& octets);  // unmaps ::ffff:a.b.c.d
  // "10.0.0.1", "::1", "[::1]"; nullopt when it is no literal address.
  static std::optional<IpAddress> parse(std::string_view text);

  constexpr bool is_v6() const { return is_v6_; }
  // 4 or 16 octets in network order.
  constexpr std::span<const std::uint8_t> octets() const {
    return {octets_.data(), is_v6_ ? std::size_t{16} : std::size_t{4}};
  }
  bool is_unspecified() const;
  bool is_loopback() const;
  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> octets_{};
  bool is_v6_ = false;
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
  // "10.0.0.1:6881", "[::1]:6881"; nullopt when address or port is not literal.
  static std::optional<Endpoint> parse(std::string_view text);
};

std::string to_string(const IpAddress& address);
std::string to_string(const Endpoint& endpoint);

// Compact form: 4 or 16 address octets, then the port, big-endian (BEP 23, BEP 7).
inline constexpr std::size_t kCompactV4Bytes = 6;
inline constexpr std::size_t kCompactV6Bytes = 18;

}  // namespace swarmlab
