// What clients tell trackers and trackers answer, independent of how it travels (BEP 3 "trackers",
// BEP 7, 15, 23, 24, 31, 48).  http_tracker and udp_tracker put it into bytes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "protocol/units.hpp"

namespace swarmlab::protocol {

// Numbered as in BEP 15; `paused` as in libtorrent.  It is none, said by a partial seed (BEP 21): requests carry it, and what reads
// them gives none, since no tracker's rule differs by it.
enum class AnnounceEvent : std::uint8_t { none = 0, completed = 1, started = 2, stopped = 3, paused = 4 };
std::string_view to_string(AnnounceEvent event);

struct AnnounceRequest {
  InfoHashV1 info_hash{};
  PeerId peer_id{};
  std::uint16_t port = 0;                    // where the client listens
  ByteCount uploaded{};                      // payload since "started"
  ByteCount downloaded{};
  ByteCount left{};                          // what is still to be fetched; never negative
  AnnounceEvent event = AnnounceEvent::none;
  std::optional<IpAddress> ip{};             // where the client says it is
  std::uint32_t key = 0;                     // constant per client: recognises it at a new address
  std::optional<std::uint32_t> numwant{};    // nullopt: whatever the tracker gives by default
  bool compact = true;                       // HTTP: BEP 23
  bool no_peer_id = false;                   // HTTP: leave the ids out of a dictionary reply
  std::string tracker_id{};                  // HTTP: echoes AnnounceReply::tracker_id
  friend bool operator==(const AnnounceRequest&, const AnnounceRequest&) = default;
};

struct TrackerPeer {
  Endpoint endpoint;
  std::optional<PeerId> id{};                // dictionary replies only
  friend bool operator==(const TrackerPeer&, const TrackerPeer&) = default;
};

struct AnnounceReply {
  std::chrono::seconds interval{};           // until the next regular announce
  std::optional<std::chrono::seconds> min_interval{};
  std::optional<std::uint32_t> complete{};   // seeds
  std::optional<std::uint32_t> incomplete{}; // leechers
  std::vector<TrackerPeer> peers{};
  std::string warning{};
  std::string tracker_id{};
  std::optional<IpAddress> external_ip{};    // BEP 24
  friend bool operator==(const AnnounceReply&, const AnnounceReply&) = default;
};

// The tracker's refusal ("failure reason"; UDP action 3).
struct TrackerFailure {
  std::string reason;
  friend bool operator==(const TrackerFailure&, const TrackerFailure&) = default;
};

struct ScrapeEntry {
  InfoHashV1 info_hash{};
  std::uint32_t complete = 0;                // seeds now
  std::uint32_t downloaded = 0;              // "completed" events ever
  std::uint32_t incomplete = 0;              // leechers now
  friend bool operator==(const ScrapeEntry&, const ScrapeEntry&) = default;
};
struct ScrapeRequest { std::vector<InfoHashV1> info_hashes; };
struct ScrapeReply { std::vector<ScrapeEntry> entries; };

// A reply longer than what any tracker has reason to send is refused before it is parsed.
inline constexpr ByteCount kMaxTrackerReplyBytes = 1_MiB;
inline constexpr std::size_t kMaxTrackerPeers = 10'000;

// What both codecs make of the interval in a reply: trackers have sent 0, negative numbers and
// centuries (bug B67).  Zero, negative or missing becomes the default, more than a day becomes a day.
inline constexpr std::chrono::seconds kDefaultInterval = std::chrono::minutes(30);
inline constexpr std::chrono::seconds kMaxInterval = std::chrono::hours(24);
std::chrono::seconds usable_interval(std::int64_t seconds);

}  // namespace swarmlab::protocol
