#include "protocol/magnet.hpp"

#include <algorithm>

#include "protocol/text.hpp"
#include "protocol/url.hpp"

namespace swarmlab::protocol {
namespace {

constexpr std::string_view kScheme = "magnet:?";
constexpr std::string_view kBtih = "urn:btih:";
constexpr std::size_t kHexDigits = 40, kBase32Digits = 32;

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return text.size() >= prefix.size() &&
         std::ranges::equal(text.substr(0, prefix.size()), prefix, {}, lower, lower);
}

// RFC 3548, section 5: five bits per digit, the highest first; 32 digits make 20 bytes.
std::optional<InfoHashV1> from_base32(std::string_view text) {
  InfoHashV1 hash;
  std::uint32_t bits = 0;
  int bit_count = 0;
  std::size_t size = 0;
  for (const char c : text) {
    std::uint32_t digit = 0;
    if (c >= 'a' && c <= 'z')
      digit = static_cast<std::uint32_t>(c - 'a');
    else if (c >= 'A' && c <= 'Z')
      digit = static_cast<std::uint32_t>(c - 'A');
    else if (c >= '2' && c <= '7')
      digit = static_cast<std::uint32_t>(c - '2' + 26);
    else
      return std::nullopt;
    bits = ((bits << 5) | digit) & 0xfff;
    bit_count += 5;
    if (bit_count >= 8) {
      bit_count -= 8;
      hash.bytes[size++] = static_cast<std::byte>((bits >> bit_count) & 0xff);
    }
  }
  return hash;
}

std::optional<InfoHashV1> info_hash_of(std::string_view digits) {
  if (digits.size() == kBase32Digits) return from_base32(digits);
  InfoHashV1 hash;
  if (digits.size() == kHexDigits && from_hex(digits, hash.bytes)) return hash;
  return std::nullopt;
}

bool is_usable(std::string_view url, bool udp_too) {
  const auto parsed = parse_url(url);
  return parsed && (parsed->scheme == "http" || parsed->scheme == "https" ||
                    (udp_too && parsed->scheme == "udp"));
}

bool is_printable(std::string_view text) {
  return is_utf8(text) && std::ranges::none_of(text, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

// "tr.1" is written where some software cannot repeat a key.
std::string_view without_number(std::string_view key) {
  const std::size_t dot = key.rfind('.');
  if (dot == key.npos || dot + 1 == key.size()) return key;
  const std::string_view number = key.substr(dot + 1);
  return std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; })
             ? key.substr(0, dot)
             : key;
}

}  // namespace

std::expected<Magnet, MagnetError> parse_magnet(std::string_view link) {
  if (!starts_with_ignoring_case(link, kScheme))
    return std::unexpected(MagnetError{"does not begin with \"magnet:?\""});
  Magnet magnet;
  std::optional<InfoHashV1> info_hash;
  std::string unusable;
  std::string_view rest = link.substr(kScheme.size());
  while (!rest.empty()) {
    const std::string_view parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string_view key = without_number(parameter.substr(0, equals));
    std::string text(parameter.substr(std::min(equals + 1, parameter.size())));
    if (key == "dn") std::ranges::replace(text, '+', ' ');
    auto value = percent_decode(text);
    if (!value) {
      if (key == "xt") unusable = text;
      continue;
    }
    if (key == "xt" && starts_with_ignoring_case(*value, kBtih)) {
      const auto hash = info_hash_of(std::string_view(*value).substr(kBtih.size()));
      if (!hash)
        unusable = *value;
      else if (!info_hash)
        info_hash = hash;
    } else if (key == "dn") {
      if (!value->empty() && is_printable(*value) && !magnet.name) magnet.name = std::move(*value);
    } else if (key == "tr") {
      if (is_usable(*value, true)) magnet.trackers.push_back(std::move(*value));
    } else if (key == "ws") {
      if (is_usable(*value, false)) magnet.web_seeds.push_back(std::move(*value));
    } else if (key == "x.pe") {
      const auto peer = Endpoint::parse(*value);
      if (peer && peer->port != 0) magnet.peers.push_back(*peer);
    }
  }
  if (info_hash) {
    magnet.info_hash = *info_hash;
    return magnet;
  }
  if (unusable.empty()) return std::unexpected(MagnetError{"has no info-hash (xt=urn:btih:...)"});
  return std::unexpected(
      MagnetError{"has an info-hash of neither 40 hexadecimal nor 32 base-32 digits: '" +
                  one_line(unusable, 80) + "'"});
}

std::string to_string(const Magnet& magnet) {
  std::string out = "magnet:?xt=urn:btih:" + to_string(magnet.info_hash);
  const auto append = [&](std::string_view key, std::string_view value) {
    out += key;
    out += percent_encode(as_bytes(value));
  };
  if (magnet.name) append("&dn=", *magnet.name);
  for (const auto& tracker : magnet.trackers) append("&tr=", tracker);
  for (const auto& web_seed : magnet.web_seeds) append("&ws=", web_seed);
  for (const Endpoint& peer : magnet.peers) out += "&x.pe=" + to_string(peer);
  return out;
}

}  // namespace swarmlab::protocol
