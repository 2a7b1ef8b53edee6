#include "protocol/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "protocol/text.hpp"

namespace swarmlab::protocol {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

// ASCII only, whatever the locale says.
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_one_of(char c, std::string_view set) { return set.find(c) != set.npos; }

bool is_unreserved(char c) { return is_letter(c) || is_digit(c) || is_one_of(c, "-._~"); }
// What may stand in a path or query as it is; the rest is sent escaped.
bool is_target_char(char c) { return is_unreserved(c) || is_one_of(c, "!$&'()*+,;=:@/?%[]"); }

void append_escaped(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 15];
}

std::unexpected<UrlError> fail(std::size_t at, std::string what) {
  return std::unexpected(UrlError{at, std::move(what)});
}

// The port that is meant where none is written; 0 where there is no such convention.
std::uint16_t default_port(std::string_view scheme) {
  if (scheme == "http") return 80;
  if (scheme == "https") return 443;
  return 0;
}

}  // namespace

std::expected<Url, UrlError> parse_url(std::string_view text) {
  if (text.size() > kMaxUrlBytes) return fail(kMaxUrlBytes, "is longer than 8 KiB");
  // A line break inside would end the request line and begin a header of a stranger's choice.
  const auto control = std::ranges::find_if(text, is_control);
  if (control != text.end()) {
    return fail(static_cast<std::size_t>(control - text.begin()), "has a control character");
  }
  const std::size_t colon = text.find("://");
  if (colon == text.npos) return fail(0, "has no scheme (http://, https://, udp://)");
  Url url;
  std::ranges::transform(text.substr(0, colon), std::back_inserter(url.scheme), lower);
  if (url.scheme.empty() || !is_letter(url.scheme[0]) ||
      !std::ranges::all_of(
          url.scheme, [](char c) { return is_letter(c) || is_digit(c) || is_one_of(c, "+-."); })) {
    return fail(0, "has no valid scheme");
  }

  const std::size_t host_at = colon + 3;
  const std::size_t target_at = std::min(text.find_first_of("/?#", host_at), text.size());
  const std::string_view authority = text.substr(host_at, target_at - host_at);
  if (authority.find('@') != authority.npos)
    return fail(host_at, "has user information, which is not supported");
  std::size_t port_colon = authority.rfind(':');
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    const auto address =
        IpAddress::parse(authority.substr(0, bracket == authority.npos ? bracket : bracket + 1));
    if (!address) return fail(host_at, "has no valid IPv6 address in its brackets");
    url.host = authority.substr(1, bracket - 1);
    if (bracket + 1 == authority.size())
      port_colon = authority.npos;
    else if (authority[bracket + 1] != ':')
      return fail(host_at + bracket + 1, "has something other than a port behind ']'");
    else
      port_colon = bracket + 1;
  } else {
    url.host = authority.substr(0, port_colon);
    if (url.host.empty()) return fail(host_at, "has no host");
    const auto bad = std::ranges::find_if_not(url.host, [](char c) { return is_unreserved(c); });
    if (bad != url.host.end()) {
      return fail(host_at + static_cast<std::size_t>(bad - url.host.begin()),
                  fmt::format("has a host with the character '{}'", one_line({&*bad, 1})));
    }
  }

  url.port = default_port(url.scheme);
  if (port_colon != authority.npos && port_colon + 1 < authority.size()) {
    const std::string_view digits = authority.substr(port_colon + 1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
    if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size() || url.port == 0) {
      return fail(host_at + port_colon + 1, "has a port that is no number from 1 to 65535");
    }
  }
  if (url.port == 0) return fail(target_at, "has no port");

  url.target += '/';
  std::string_view rest = text.substr(target_at);
  rest = rest.substr(0, rest.find('#'));  // a fragment is for the one who holds the URL
  if (rest.starts_with('/')) rest.remove_prefix(1);
  for (const char c : rest) {
    if (is_target_char(c))
      url.target += c;
    else
      append_escaped(url.target, c);
  }
  return url;
}

std::string to_string(const Url& url) {
  const bool is_v6 = url.host.find(':') != url.host.npos;
  const std::string port = url.port == default_port(url.scheme) ? "" : fmt::format(":{}", url.port);
  return fmt::format("{}://{}{}{}{}{}", url.scheme, is_v6 ? "[" : "", url.host, is_v6 ? "]" : "",
                     port, url.target);
}

std::string percent_encode(Bytes bytes) {
  std::string out;
  out.reserve(bytes.size() * 3);
  for (const char c : as_text(bytes)) {
    if (is_unreserved(c))
      out += c;
    else
      append_escaped(out, c);
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    std::byte byte{};
    if (text.size() - i < 3 || !from_hex(text.substr(i + 1, 2), {&byte, 1})) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

}  // namespace swarmlab::protocol
