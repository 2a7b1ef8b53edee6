// HttpAnnounce: announces to an HTTP tracker (BEP 3, "trackers"), and scrapes it (BEP 48).
#pragma once

#include <optional>

#include "client/tracker_transaction.hpp"
#include "protocol/url.hpp"
#include "runtime/http/http_client.hpp"

namespace swarmlab::client {

class HttpAnnounce final : public TrackerTransaction, private runtime::http::HttpClientHandler, private runtime::TimerHandler {
 public:
  HttpAnnounce(const runtime::Outside& outside, const protocol::Url& url,
               std::optional<IpAddress> from, Duration timeout, Reach reach = Reach::any);

  void begin(const protocol::AnnounceRequest& request, AnnounceHandler& handler) override;
  void scrape(const InfoHashV1& info_hash, ScrapeHandler& handler) override;
  void cancel() override;

 private:
  void on_http(runtime::Tag tag,
               std::expected<runtime::http::HttpReply, runtime::http::HttpError> reply) override;
  void on_timer(runtime::Tag tag) override;
  void get(const std::string& target, runtime::Tag tag);
  std::expected<protocol::ScrapeEntry, std::string> judge_scrape(
      const std::expected<runtime::http::HttpReply, runtime::http::HttpError>& reply) const;
  std::expected<protocol::AnnounceReply, std::string> judge(
      const std::expected<runtime::http::HttpReply, runtime::http::HttpError>& reply);

  protocol::Url url_;
  std::optional<IpAddress> from_;
  Duration timeout_;
  Reach reach_;
  AnnounceHandler* announcing_ = nullptr;  // of what is under way
  ScrapeHandler* scraping_ = nullptr;
  InfoHashV1 scraped_;
  runtime::Clock& clock_;
  runtime::http::HttpClient http_;
  runtime::Timer no_scrape_;
  std::string tracker_id_;             // given by the tracker, to be repeated (BEP 3, in practice)
};

}  // namespace swarmlab::client
