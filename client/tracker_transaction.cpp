#include "client/tracker_transaction.hpp"

#include "client/http_announce.hpp"
#include "client/udp_announce.hpp"
#include "protocol/url.hpp"

namespace swarmlab::client {
namespace {

constexpr int kPatientAttempts = 9;
constexpr int kHastyAttempts = 2;

}  // namespace

std::expected<std::unique_ptr<TrackerTransaction>, std::string> make_transaction(const runtime::Outside& outside,
                                                                                 const Settings& settings, const std::string& text,
                                                                                 std::optional<IpAddress> from, Patience patience,
                                                                                 Reach reach) {
  const auto url = protocol::parse_url(text);
  if (!url) return std::unexpected(url.error().what);
  const auto address = IpAddress::parse(url->host);
  if (settings.loopback_only && url->host != "localhost" && !(address && address->is_loopback())) {
    return std::unexpected("it is not on this machine, and this client stays on it");
  }
  if (url->scheme == "udp") {
    return std::make_unique<UdpAnnounce>(outside, *url, from, patience == Patience::hasty ? kHastyAttempts : kPatientAttempts,
                                         reach);
  }
  if (url->scheme == "http" || url->scheme == "https") {
    return std::make_unique<HttpAnnounce>(outside, *url, from, settings.tracker_timeout, reach);
  }
  return std::unexpected("trackers are reached by http, https or udp, not by " + url->scheme);
}

}  // namespace swarmlab::client
