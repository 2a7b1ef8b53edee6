// Scraper: asks a torrent's trackers how large its swarm is, without joining it (BEP 48 over HTTP, BEP 15 over UDP).
//
// What an announce tells in passing, for a torrent that does not announce: one that is paused, has failed, or whose next announce
// is half an hour away.  Trackers are asked one after another, in the order of their tiers, until one answers; a tracker whose
// address does not allow it (BEP 48: the last element of its path begins with "announce") is passed over.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/settings.hpp"
#include "client/tracker_transaction.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::client {

class ScraperOwner {
 public:
  virtual void on_scraped(std::string_view url, const protocol::ScrapeEntry& entry) = 0;
  // Nobody told us; `reason`: of the last tracker that was asked.
  virtual void on_scrape_failed(std::string_view url, std::string_view reason) = 0;

 protected:
  ~ScraperOwner() = default;
};

class Scraper final : private ScrapeHandler, private runtime::TimerHandler {
 public:
  Scraper(const runtime::Outside& outside, const Settings& settings, std::optional<IpAddress> from, const InfoHashV1& info_hash,
          ScraperOwner& owner);
  Scraper(const Scraper&) = delete;
  Scraper& operator=(const Scraper&) = delete;

  // Ends in one call to the owner, later; does nothing while one is under way.
  void ask(const std::vector<std::vector<std::string>>& tiers);

 private:
  void on_scraped(std::expected<protocol::ScrapeEntry, std::string> outcome) override;
  void on_timer(runtime::Tag tag) override;
  void ask_next();

  runtime::Outside outside_;
  const Settings& settings_;
  std::optional<IpAddress> from_;
  InfoHashV1 info_hash_;
  ScraperOwner& owner_;
  runtime::Timer next_timer_;               // the next tracker, from an event of its own
  std::vector<std::string> urls_;           // to be asked, in order; not empty while asking
  std::size_t next_ = 0;
  std::string reason_;
  std::unique_ptr<TrackerTransaction> transaction_;
};

}  // namespace swarmlab::client
