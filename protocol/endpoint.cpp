#include "protocol/endpoint.hpp"

#include <algorithm>
#include <charconv>

namespace swarmlab {
namespace {

// A decimal number without sign and leading zeros, at most `limit`.
std::optional<unsigned> decimal(std::string_view text, unsigned limit) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > limit)
    return std::nullopt;
  return value;
}

std::optional<std::array<std::uint8_t, 4>> parse_v4(std::string_view text) {
  std::array<std::uint8_t, 4> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == text.npos) return std::nullopt;
    const auto octet = decimal(text.substr(0, dot), 255);
    if (!octet) return std::nullopt;
    octets[i] = static_cast<std::uint8_t>(*octet);
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return octets;
}

// Groups of a part of an IPv6 address that holds no "::", e.g. "fe80:0:1" or "ffff:10.0.0.1";
// appended to `out` from `size` on.
bool parse_groups(std::string_view text, std::array<std::uint8_t, 16>& out, std::size_t& size) {
  if (text.empty()) return true;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == text.npos && group.find('.') != group.npos) {
      const auto octets = parse_v4(group);
      if (!octets || size + 4 > out.size()) return false;
      std::ranges::copy(*octets, out.begin() + static_cast<std::ptrdiff_t>(size));
      size += 4;
      return true;
    }
    unsigned value = 0;
    if (group.empty() || group.size() > 4 || size + 2 > out.size()) return false;
    const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    if (error != std::errc{} || end != group.data() + group.size()) return false;
    out[size++] = static_cast<std::uint8_t>(value >> 8);
    out[size++] = static_cast<std::uint8_t>(value & 0xff);
    if (colon == text.npos) return true;
    text.remove_prefix(colon + 1);
  }
}

std::optional<std::array<std::uint8_t, 16>> parse_v6(std::string_view text) {
  std::array<std::uint8_t, 16> front{}, back{};
  std::size_t front_size = 0, back_size = 0;
  const std::size_t gap = text.find("::");
  if (gap == text.npos) {
    if (!parse_groups(text, front, front_size) || front_size != 16) return std::nullopt;
    return front;
  }
  const std::string_view left = text.substr(0, gap);
  if (left.find('.') != left.npos) return std::nullopt;
  if (!parse_groups(left, front, front_size) ||
      !parse_groups(text.substr(gap + 2), back, back_size) || front_size + back_size > 14) {
    return std::nullopt;
  }
  std::copy_n(back.begin(), back_size, front.end() - static_cast<std::ptrdiff_t>(back_size));
  return front;
}

std::string v6_text(std::span<const std::uint8_t> octets) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i)
    groups[i] = (unsigned{octets[2 * i]} << 8) | octets[2 * i + 1];
  // RFC 5952: the longest run of two or more zero groups becomes "::", the first of equals.
  std::size_t best = 8, best_size = 1;
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > best_size) best = i, best_size = end - i;
    i = std::max(end, i + 1);
  }
  std::string out;
  for (std::size_t i = 0; i < 8;) {
    if (i == best) {
      out += "::";
      i += best_size;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    std::array<char, 4> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), groups[i], 16).ptr;
    out.append(digits.data(), end);
    ++i;
  }
  return out;
}

}  // namespace

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& octets) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped.begin(), kMapped.end(), octets.begin())) {
    return v4(octets[12], octets[13], octets[14], octets[15]);
  }
  IpAddress address;
  address.octets_ = octets;
  address.is_v6_ = true;
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    const auto octets = parse_v6(text.substr(1, text.size() - 2));
    return octets ? std::optional(v6(*octets)) : std::nullopt;
  }
  if (text.find(':') != text.npos) {
    const auto octets = parse_v6(text);
    return octets ? std::optional(v6(*octets)) : std::nullopt;
  }
  const auto octets = parse_v4(text);
  return octets ? std::optional(v4(*octets)) : std::nullopt;
}

bool IpAddress::is_unspecified() const {
  return std::ranges::all_of(octets_, [](std::uint8_t octet) { return octet == 0; });
}

bool IpAddress::is_loopback() const {
  if (!is_v6_) return octets_[0] == 127;
  return octets_[15] == 1 && std::all_of(octets_.begin(), octets_.end() - 1,
                                         [](std::uint8_t octet) { return octet == 0; });
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  // Without brackets the last group of an IPv6 address would be taken for a port.
  if (host.find(':') != host.npos && host.front() != '[') return std::nullopt;
  const auto address = IpAddress::parse(host);
  const auto port = decimal(text.substr(colon + 1), 65535);
  if (!address || !port) return std::nullopt;
  return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

std::string to_string(const IpAddress& address) {
  const auto octets = address.octets();
  if (address.is_v6()) return v6_text(octets);
  std::string out = std::to_string(octets[0]);
  for (std::size_t i = 1; i < 4; ++i) out += '.' + std::to_string(octets[i]);
  return out;
}

std::string to_string(const Endpoint& endpoint) {
  const std::string port = ':' + std::to_string(endpoint.port);
  if (endpoint.address.is_v6()) return '[' + to_string(endpoint.address) + ']' + port;
  return to_string(endpoint.address) + port;
}

}  // namespace swarmlab
