// HttpAnnounce: announces to an HTTP tracker (BEP 3, "trackers").
#pragma once

#include <optional>

#include "client/tracker_transaction.hpp"
#include "protocol/url.hpp"
#include "runtime/http/http_client.hpp"

namespace swarmlab::client {

class HttpAnnounce final : public TrackerTransaction, private runtime::http::HttpClientHandler {
 public:
  HttpAnnounce(const runtime::Outside& outside, const protocol::Url& url,
               std::optional<IpAddress> from, Duration timeout,
               AnnounceHandler& handler);

  void begin(const protocol::AnnounceRequest& request) override;
  void cancel() override;

 private:
  void on_http(runtime::Tag tag,
               std::expected<runtime::http::HttpReply, runtime::http::HttpError> reply) override;
  std::expected<protocol::AnnounceReply, std::string> judge(
      const std::expected<runtime::http::HttpReply, runtime::http::HttpError>& reply);

  protocol::Url url_;
  std::optional<IpAddress> from_;
  Duration timeout_;
  AnnounceHandler& handler_;
  runtime::http::HttpClient http_;
  std::string tracker_id_;             // given by the tracker, to be repeated (BEP 3, in practice)
};

}  // namespace swarmlab::client
