// TrackerTransaction: one announce or scrape to one tracker, over whatever its URL says.
//
// begin() ends in exactly one on_announced(), scrape() in one on_scraped(), later, unless cancel() or the destructor comes first.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/settings.hpp"
#include "protocol/announce.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::client {

class AnnounceHandler {
 public:
  // The reply, or in a person's words why there is none.  The transaction may be begun anew from here,
  // but not be destroyed.
  virtual void on_announced(std::expected<protocol::AnnounceReply, std::string> outcome) = 0;

 protected:
  ~AnnounceHandler() = default;
};

class ScrapeHandler {
 public:
  // As on_announced().
  virtual void on_scraped(std::expected<protocol::ScrapeEntry, std::string> outcome) = 0;

 protected:
  ~ScrapeHandler() = default;
};

class TrackerTransaction {
 public:
  virtual ~TrackerTransaction() = default;
  // One at a time, of either kind.
  virtual void begin(const protocol::AnnounceRequest& request, AnnounceHandler& handler) = 0;
  // How large the swarm is (BEP 48; BEP 15, "scrape").
  virtual void scrape(const InfoHashV1& info_hash, ScrapeHandler& handler) = 0;
  virtual void cancel() = 0;
};

// BEP 15 retries for over an hour; with somebody else to turn to, 45 s are enough.
enum class Patience : std::uint8_t { patient, hasty };
// Through which of a tracker's addresses: any, or those alone of the family that we announce from.
enum class Reach : std::uint8_t { any, own_family };
// Why own_family has nobody to ask.
inline constexpr std::string_view kNoAddressInFamily = "it has no address in our family";

// What the scheme of `url` asks for; in a person's words why there is none, of one that cannot be used or may not be.
std::expected<std::unique_ptr<TrackerTransaction>, std::string> make_transaction(const runtime::Outside& outside,
                                                                                 const Settings& settings, const std::string& url,
                                                                                 std::optional<IpAddress> from, Patience patience,
                                                                                 Reach reach = Reach::any);

}  // namespace swarmlab::client
