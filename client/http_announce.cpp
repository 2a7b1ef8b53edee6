#include "client/http_announce.hpp"

#include <utility>
#include <variant>

#include "protocol/http_tracker.hpp"

namespace swarmlab::client {

HttpAnnounce::HttpAnnounce(const runtime::Outside& outside, const protocol::Url& url,
                           std::optional<IpAddress> from, Duration timeout, AnnounceHandler& handler)
    : url_(url), from_(from), timeout_(timeout), handler_(handler), http_(outside) {}

void HttpAnnounce::begin(const protocol::AnnounceRequest& request) {
  protocol::AnnounceRequest with_id = request;
  with_id.tracker_id = tracker_id_;
  protocol::Url url = url_;
  url.target = protocol::announce_target(url_, with_id);
  runtime::http::HttpClient::Options options;
  options.timeout = timeout_;
  options.from = from_;
  http_.get(url, options, *this, 0);
}

void HttpAnnounce::cancel() { http_.forget(*this); }

void HttpAnnounce::on_http(runtime::Tag,
                           std::expected<runtime::http::HttpReply, runtime::http::HttpError> reply) {
  handler_.on_announced(judge(reply));
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
