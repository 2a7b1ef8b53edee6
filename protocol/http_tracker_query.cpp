// The query strings that clients ask with; http_tracker.cpp has the answers.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "protocol/http_tracker.hpp"
#include "protocol/text.hpp"

namespace swarmlab::protocol {
namespace {

// ---- writing ----

// `target` with parameters to be appended: "/announce?", or "/announce?passkey=x&".
std::string open_query(std::string target) {
  if (target.find('?') == target.npos)
    target += '?';
  else if (!target.ends_with('?') && !target.ends_with('&'))
    target += '&';
  return target;
}

// ---- reading ----

std::unexpected<TrackerFailure> refuse(std::string reason) {
  return std::unexpected(TrackerFailure{std::move(reason)});
}

struct Parameter {
  std::string_view key, value;  // still escaped
};

// Calls `visit` with each parameter in order until it returns false.
template <class Visit>
void for_each_parameter(std::string_view query, Visit visit) {
  while (!query.empty()) {
    const std::string_view text = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(text.size() + 1, query.size()));
    const std::size_t equals = std::min(text.find('='), text.size());
    if (!visit(Parameter{text.substr(0, equals), text.substr(std::min(equals + 1, text.size()))}))
      return;
  }
}

using Value = std::expected<std::optional<std::string>, TrackerFailure>;

std::expected<std::string, TrackerFailure> unescaped(const Parameter& parameter) {
  auto text = percent_decode(parameter.value);
  if (text) return std::move(*text);
  return refuse(fmt::format("{} has a '%' without two hexadecimal digits", parameter.key));
}

// The first parameter of that name, unescaped.
Value value_of(std::string_view query, std::string_view key) {
  Value found = std::nullopt;
  for_each_parameter(query, [&](const Parameter& parameter) {
    if (parameter.key != key) return true;
    auto text = unescaped(parameter);
    if (text)
      found = std::move(*text);
    else
      found = std::unexpected(std::move(text.error()));
    return false;
  });
  return found;
}

// The number that is the whole of `text`; nullopt when it is none or does not fit.
template <class T>
std::optional<T> number(std::string_view text, int base = 10) {
  T value{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class Hash>
std::expected<Hash, TrackerFailure> hash_of(std::string_view bytes, std::string_view key) {
  if (bytes.size() == Hash::kSize) return Hash::from(as_bytes(bytes));
  return refuse(fmt::format("{} has {} bytes instead of {}", key, bytes.size(), Hash::kSize));
}

template <class Hash>
std::expected<Hash, TrackerFailure> read_hash(std::string_view query, std::string_view key) {
  const auto value = value_of(query, key);
  if (!value) return std::unexpected(value.error());
  if (!*value) return refuse(fmt::format("{} is missing", key));
  return hash_of<Hash>(**value, key);
}

// nullopt where the parameter is absent: 0 is a value like any other (bug B68).
std::expected<std::optional<ByteCount>, TrackerFailure> read_bytes(std::string_view query,
                                                                   std::string_view key) {
  const auto value = value_of(query, key);
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::nullopt;
  const auto bytes = number<std::int64_t>(**value);
  if (!bytes || *bytes < 0) {
    return refuse(
        fmt::format("{} is '{}' instead of a number of bytes", key, one_line(**value, 40)));
  }
  return ByteCount(*bytes);
}

std::expected<AnnounceEvent, TrackerFailure> read_event(std::string_view query) {
  const auto value = value_of(query, "event");
  if (!value) return std::unexpected(value.error());
  const std::string text = value->value_or("");
  // "empty" is BEP 3's other word for none; BEP 21 sends "paused" with every announce of a partial
  // seed.
  if (text.empty() || text == "empty" || text == "none" || text == "paused")
    return AnnounceEvent::none;
  for (const auto event :
       {AnnounceEvent::started, AnnounceEvent::completed, AnnounceEvent::stopped}) {
    if (text == to_string(event)) return event;
  }
  return refuse(
      fmt::format("event is '{}'; started, completed and stopped are known", one_line(text, 40)));
}

std::expected<std::uint16_t, TrackerFailure> read_port(std::string_view query,
                                                       AnnounceEvent event) {
  const auto value = value_of(query, "port");
  if (!value) return std::unexpected(value.error());
  if (!*value) return refuse("port is missing");
  const auto port = number<std::uint16_t>(**value);
  // Who leaves may have stopped listening already.
  if (!port || (*port == 0 && event != AnnounceEvent::stopped)) {
    return refuse(
        fmt::format("port is '{}' instead of a number from 1 to 65535", one_line(**value, 40)));
  }
  return *port;
}

// Eight hexadecimal digits as most clients send them; any other text is folded (FNV-1a), as BEP 7
// asks only that it stays the same.
std::uint32_t key_of(std::string_view text) {
  if (text.size() <= 8) {
    if (const auto value = number<std::uint32_t>(text, 16)) return *value;
  }
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

}  // namespace

std::string announce_target(const Url& tracker, const AnnounceRequest& request) {
  std::string out = open_query(tracker.target);
  out += fmt::format("info_hash={}&peer_id={}&port={}&uploaded={}&downloaded={}&left={}",
                     percent_encode(request.info_hash.view()),
                     percent_encode(request.peer_id.view()), request.port, request.uploaded.value(),
                     request.downloaded.value(), request.left.value());
  if (request.event != AnnounceEvent::none)
    out += fmt::format("&event={}", to_string(request.event));
  if (request.ip) out += "&ip=" + percent_encode(as_bytes(to_string(*request.ip)));
  out += fmt::format("&key={:08X}", request.key);
  if (request.numwant) out += fmt::format("&numwant={}", *request.numwant);
  out += request.compact ? "&compact=1" : "&compact=0";
  if (request.no_peer_id) out += "&no_peer_id=1";
  if (!request.tracker_id.empty())
    out += "&trackerid=" + percent_encode(as_bytes(request.tracker_id));
  return out;
}

std::optional<std::string> scrape_target(const Url& tracker, const ScrapeRequest& request) {
  constexpr std::string_view kAnnounce = "announce";
  const std::size_t path_end = std::min(tracker.target.find('?'), tracker.target.size());
  const std::size_t element = tracker.target.rfind('/', path_end) + 1;
  if (tracker.target.compare(element, kAnnounce.size(), kAnnounce) != 0) return std::nullopt;
  std::string out = tracker.target;
  out.replace(element, kAnnounce.size(), "scrape");
  if (request.info_hashes.empty()) return out;
  out = open_query(std::move(out));
  for (const InfoHashV1& hash : request.info_hashes) {
    if (!out.ends_with('?') && !out.ends_with('&')) out += '&';
    out += "info_hash=" + percent_encode(hash.view());
  }
  return out;
}

std::expected<AnnounceRequest, TrackerFailure> parse_announce_query(std::string_view query) {
  AnnounceRequest request;
  const auto info_hash = read_hash<InfoHashV1>(query, "info_hash");
  if (!info_hash) return std::unexpected(info_hash.error());
  request.info_hash = *info_hash;
  const auto peer_id = read_hash<PeerId>(query, "peer_id");
  if (!peer_id) return std::unexpected(peer_id.error());
  request.peer_id = *peer_id;
  const auto event = read_event(query);
  if (!event) return std::unexpected(event.error());
  request.event = *event;
  const auto port = read_port(query, *event);
  if (!port) return std::unexpected(port.error());
  request.port = *port;

  const auto uploaded = read_bytes(query, "uploaded");
  if (!uploaded) return std::unexpected(uploaded.error());
  request.uploaded = uploaded->value_or(ByteCount());
  const auto downloaded = read_bytes(query, "downloaded");
  if (!downloaded) return std::unexpected(downloaded.error());
  request.downloaded = downloaded->value_or(ByteCount());
  // Without it nobody can tell a seed from a leecher.
  const auto left = read_bytes(query, "left");
  if (!left) return std::unexpected(left.error());
  if (!*left) return refuse("left is missing");
  request.left = **left;

  // What is optional and unusable is as if it were absent, except where the client would be
  // misread.
  const auto optional_value = [&](std::string_view key) {
    const auto value = value_of(query, key);
    return value ? *value : std::nullopt;
  };
  if (const auto ip = optional_value("ip")) request.ip = IpAddress::parse(*ip);
  if (const auto key = optional_value("key")) request.key = key_of(*key);
  if (const auto numwant = optional_value("numwant")) {
    const auto value = number<std::int64_t>(*numwant);
    if (!value)
      return refuse(fmt::format("numwant is '{}' instead of a number", one_line(*numwant, 40)));
    // -1 is the default, as in BEP 15.
    if (*value >= 0) {
      request.numwant = static_cast<std::uint32_t>(
          std::min<std::int64_t>(*value, std::numeric_limits<std::uint32_t>::max()));
    }
  }
  request.compact = optional_value("compact") != "0";  // BEP 23 suggests compact as the default
  request.no_peer_id = optional_value("no_peer_id") == "1";
  request.tracker_id = optional_value("trackerid").value_or("");
  return request;
}

std::expected<ScrapeRequest, TrackerFailure> parse_scrape_query(std::string_view query) {
  ScrapeRequest request;
  std::optional<TrackerFailure> failure;
  for_each_parameter(query, [&](const Parameter& parameter) {
    if (parameter.key != "info_hash") return true;
    const auto text = unescaped(parameter);
    const auto hash = text ? hash_of<InfoHashV1>(*text, parameter.key)
                           : std::expected<InfoHashV1, TrackerFailure>(std::unexpect, text.error());
    if (hash)
      request.info_hashes.push_back(*hash);
    else
      failure = hash.error();
    return !failure;
  });
  if (failure) return std::unexpected(std::move(*failure));
  return request;
}

}  // namespace swarmlab::protocol
