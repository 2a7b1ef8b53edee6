#include "client/scraper.hpp"

#include <utility>

namespace swarmlab::client {

Scraper::Scraper(const runtime::Outside& outside, const Settings& settings, std::optional<IpAddress> from,
                 const InfoHashV1& info_hash, ScraperOwner& owner)
    : outside_(outside), settings_(settings), from_(from), info_hash_(info_hash), owner_(owner), next_timer_(outside.timers, *this) {}

void Scraper::ask(const std::vector<std::vector<std::string>>& tiers) {
  if (!urls_.empty()) return;
  for (const auto& tier : tiers) urls_.insert(urls_.end(), tier.begin(), tier.end());
  if (urls_.empty()) urls_.emplace_back();
  next_ = 0;
  reason_ = "the torrent names no tracker";
  next_timer_.arm(outside_.clock.now());
}

void Scraper::on_timer(runtime::Tag) {
  next_timer_.expired();
  ask_next();
}

void Scraper::ask_next() {
  for (; next_ < urls_.size(); ++next_) {
    if (urls_[next_].empty()) continue;
    auto made = make_transaction(outside_, settings_, urls_[next_], from_, Patience::hasty);
    if (!made) {
      reason_ = made.error();
      continue;
    }
    transaction_ = std::move(*made);
    ScrapeHandler& handler = *this;
    transaction_->scrape(info_hash_, handler);
    return;
  }
  const std::string last = urls_.back();
  urls_.clear();
  owner_.on_scrape_failed(last, reason_);
}

void Scraper::on_scraped(std::expected<protocol::ScrapeEntry, std::string> outcome) {
  if (outcome) {
    const std::string url = urls_[next_];
    urls_.clear();
    owner_.on_scraped(url, *outcome);
    return;
  }
  reason_ = outcome.error();
  ++next_;
  next_timer_.arm(outside_.clock.now());   // a transaction cannot be destroyed from its own answer
}

}  // namespace swarmlab::client
