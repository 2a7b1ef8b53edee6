#include "client/http_announce.hpp"

#include <utility>
#include <variant>

#include "protocol/http_tracker.hpp"

namespace swarmlab::client {
namespace {

enum Tags : runtime::Tag { kAnnounce, kScrape };

}  // namespace

HttpAnnounce::HttpAnnounce(const runtime::Outside& outside, const protocol::Url& url,
                           std::optional<IpAddress> from, Duration timeout, Reach reach)
    : url_(url), from_(from), timeout_(timeout), reach_(reach), clock_(outside.clock), http_(outside), no_scrape_(outside.timers, *this) {}

void HttpAnnounce::begin(const protocol::AnnounceRequest& request, AnnounceHandler& handler) {
  protocol::AnnounceRequest with_id = request;
  with_id.tracker_id = tracker_id_;
  announcing_ = &handler;
  get(protocol::announce_target(url_, with_id), kAnnounce);
}

// A tracker without an address for it is asked nothing: the answer comes all the same, from an event of its own.
void HttpAnnounce::scrape(const InfoHashV1& info_hash, ScrapeHandler& handler) {
  scraping_ = &handler;
  scraped_ = info_hash;
  const auto target = protocol::scrape_target(url_, {.info_hashes = {info_hash}});
  if (target) {
    get(*target, kScrape);
  } else {
    no_scrape_.arm(clock_.now());
  }
}

void HttpAnnounce::on_timer(runtime::Tag) {
  no_scrape_.expired();
  scraping_->on_scraped(std::unexpected("its address has no \"announce\" to put \"scrape\" for"));
}

void HttpAnnounce::get(const std::string& target, runtime::Tag tag) {
  protocol::Url url = url_;
  url.target = target;
  runtime::http::HttpClient::Options options;
  options.timeout = timeout_;
  options.from = from_;
  options.only_family_of_from = reach_ == Reach::own_family;
  http_.get(url, options, *this, tag);
}

void HttpAnnounce::cancel() {
  http_.forget(*this);
  no_scrape_.disarm();
}

void HttpAnnounce::on_http(runtime::Tag tag,
                           std::expected<runtime::http::HttpReply, runtime::http::HttpError> reply) {
  if (tag == kScrape) {
    scraping_->on_scraped(judge_scrape(reply));
  } else {
    announcing_->on_announced(judge(reply));
  }
}

std::expected<protocol::ScrapeEntry, std::string> HttpAnnounce::judge_scrape(
    const std::expected<runtime::http::HttpReply, runtime::http::HttpError>& reply) const {
  if (!reply) return std::unexpected(to_string(reply.error()));
  const auto answer = protocol::decode_scrape_reply(reply->body);
  if (!answer) {
    if (reply->status != 200) return std::unexpected("HTTP status " + std::to_string(reply->status));
    return std::unexpected("the reply is malformed: " + protocol::to_string(answer.error()));
  }
  if (const auto* failure = std::get_if<protocol::TrackerFailure>(&*answer)) {
    return std::unexpected("the tracker says: " + failure->reason);
  }
  for (const protocol::ScrapeEntry& entry : std::get<protocol::ScrapeReply>(*answer).entries) {
    if (entry.info_hash == scraped_) return entry;
  }
  return std::unexpected("it does not know the torrent");
}

std::expected<protocol::AnnounceReply, std::string> HttpAnnounce::judge(
    const std::expected<runtime::http::HttpReply, runtime::http::HttpError>& reply) {
  if (!reply) return std::unexpected(to_string(reply.error()));
  // Some trackers send their failure reason with a status of its own: the body is asked first.
  auto answer = protocol::decode_announce_reply(reply->body);
  if (!answer) {
    if (reply->status != 200) return std::unexpected("HTTP status " + std::to_string(reply->status));
    return std::unexpected("the reply is malformed: " + protocol::to_string(answer.error()));
  }
  if (const auto* failure = std::get_if<protocol::TrackerFailure>(&*answer)) {
    return std::unexpected("the tracker says: " + failure->reason);
  }
  protocol::AnnounceReply& accepted = std::get<protocol::AnnounceReply>(*answer);
  if (!accepted.tracker_id.empty()) tracker_id_ = accepted.tracker_id;
  return std::move(accepted);
}

}  // namespace swarmlab::client
