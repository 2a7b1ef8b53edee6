// TrackerLog: what a tracker wrote down of its announces, as the packets that a capture at it would have held.
//
// Where announces are not in a capture (TLS, another path) a tracker's log stands in: JSON Lines, one announce each, as
// `bttracker --json --verbose` writes them and other trackers' logs are easily turned into (docs/captures.md):
//
//   {"t": 1700000000.25, "from": "10.77.0.2", "request": "/announce?info_hash=...&peer_id=...", "reply": "64383a..."}
//
// Logs are untrusted: every text gives announces, or an error with its line.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"
#include "swarmsim/capture/capture_file.hpp"

namespace swarmlab::swarmsim {

struct LoggedAnnounce {
  Duration since_epoch{};              // of 1970, by the tracker's clock
  IpAddress from;                      // IPv4
  std::string target;                  // of the request, as in HTTP
  std::vector<std::byte> reply;        // its body; empty where the log does not have it
};

// "line 3: ..."
std::expected<std::vector<LoggedAnnounce>, std::string> read_tracker_log(std::string_view text);

// One connection for each.  The packets of `file` lie in `frames`.
struct TrackerLogCapture {
  std::vector<std::vector<std::byte>> frames;
  CaptureFile file;
};
// Without a reply in the log the tracker is taken to have named this interval, and nobody.
TrackerLogCapture capture_of(const std::vector<LoggedAnnounce>& announces, IpAddress tracker, std::chrono::seconds interval);

}  // namespace swarmlab::swarmsim
