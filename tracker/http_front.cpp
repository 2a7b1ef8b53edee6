#include "tracker/http_front.hpp"

#include <variant>

#include "protocol/http_tracker.hpp"
#include "protocol/quantities.hpp"

namespace swarmlab::tracker {
namespace {

using protocol::TrackerFailure;

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

HttpAnswer text(unsigned status, std::string_view words) {
  const Bytes bytes = as_bytes(words);
  return {status, kPlainText, {bytes.begin(), bytes.end()}};
}

// "/PASSKEY/announce" -> {PASSKEY, announce}; "/announce" -> {"", announce}; nullopt for deeper paths.
struct Page { std::string_view passkey, name; };
std::optional<Page> split_path(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return Page{{}, path};
  const Page page{path.substr(0, slash), path.substr(slash + 1)};
  if (page.passkey.empty() || page.name.find('/') != std::string_view::npos) return std::nullopt;
  return page;
}

}  // namespace

std::optional<HttpAnswer> HttpFront::answer(std::string_view method, std::string_view target,
                                            const IpAddress& from, Time now) {
  if (service_.swallows_request()) return std::nullopt;
  if (method != "GET" && method != "HEAD") {
    service_.note_malformed();
    return text(405, "this is a BitTorrent tracker: it knows GET and HEAD\n");
  }
  const auto question = target.find('?');
  const std::string_view query =
      question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
  const auto page = split_path(target.substr(0, question));
  if (page && page->name.empty() && page->passkey.empty()) return home(now);
  const bool is_announce = page && page->name == "announce";
  if (!is_announce && !(page && page->name == "scrape")) {
    service_.note_malformed();
    return text(404, "this is a BitTorrent tracker: it has /announce and /scrape\n");
  }
  // A passkey where none is wanted is no reason to turn anybody away.
  if (!service_.access().admits(page->passkey)) {
    return bencoded(protocol::encode_failure(
        {page->passkey.empty() ? "a passkey is needed: http://host/PASSKEY/announce" : "unknown passkey"}));
  }
  return is_announce ? announce(query, from, now) : scrape(query, now);
}

HttpAnswer HttpFront::announce(std::string_view query, const IpAddress& from, Time now) {
  const auto request = protocol::parse_announce_query(query);
  if (!request) {
    service_.note_malformed();
    return bencoded(protocol::encode_failure(request.error()));
  }
  const auto answer = service_.announce(*request, {from, Transport::http}, now);
  if (const auto* failure = std::get_if<TrackerFailure>(&answer)) {
    return bencoded(protocol::encode_failure(*failure));
  }
  return bencoded(protocol::encode_announce_reply(std::get<protocol::AnnounceReply>(answer),
                                                  request->compact, request->no_peer_id));
}

HttpAnswer HttpFront::scrape(std::string_view query, Time now) {
  const auto request = protocol::parse_scrape_query(query);
  if (!request) {
    service_.note_malformed();
    return bencoded(protocol::encode_failure(request.error()));
  }
  const auto answer = service_.scrape(*request, Transport::http, now);
  if (const auto* failure = std::get_if<TrackerFailure>(&answer)) {
    return bencoded(protocol::encode_failure(*failure));
  }
  return bencoded(protocol::encode_scrape_reply(std::get<protocol::ScrapeReply>(answer)));
}

HttpAnswer HttpFront::home(Time now) {
  service_.expire(now);
  const TrackerStats stats = service_.stats();
  return text(200, "Swarmlab tracker\n" + counted(stats.now.swarms, "swarm") + ", " +
                       counted(stats.now.seeds, "seed") + ", " +
                       counted(stats.now.leechers, "leecher") + "\n" +
                       counted(stats.http_announces, "announce") + " over HTTP, " +
                       std::to_string(stats.udp_announces) + " over UDP, " +
                       counted(stats.scrapes, "scrape") + ", " +
                       counted(stats.failures, "failure") + "\n");
}

HttpAnswer HttpFront::bencoded(std::vector<std::byte> body) {
  service_.faults().distort(body);
  // What trackers have always said; some clients look at it.
  return {200, "text/plain", std::move(body)};
}

}  // namespace swarmlab::tracker
