// The URLs that trackers and web seeds have: scheme://host[:port][/path][?query] (RFC 3986, of
// which this is the part that http, https and udp trackers use).
//
// Control characters anywhere, user information and hosts outside of ASCII are errors.  A fragment
// is dropped; what else may not stand in a path or query (spaces, other languages) is escaped, as
// torrents hold it unescaped and mean it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/units.hpp"

namespace swarmlab::protocol {

inline constexpr std::size_t kMaxUrlBytes = 8192;

struct Url {
  std::string scheme;        // lower case
  std::string host;          // without brackets
  std::uint16_t port = 0;    // 80, 443 where none is written; other schemes must name one
  std::string target;        // path and query, at least "/"
  friend bool operator==(const Url&, const Url&) = default;
};

// `what` continues "the URL ...": "has no port".
struct UrlError { std::size_t at = 0; std::string what; };

std::expected<Url, UrlError> parse_url(std::string_view text);
std::string to_string(const Url& url);

// Every byte outside of RFC 3986's unreserved set becomes %XX.
std::string percent_encode(Bytes bytes);
// nullopt when a '%' is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace swarmlab::protocol
