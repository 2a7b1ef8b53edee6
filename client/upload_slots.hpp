// How many upload slots there are: those that were asked for, or as many as the upload limit feeds.
//
// TCP shares a line badly between very many connections, and tit for tat needs partners who notice what they get: too few
// slots leave the line idle, too many give everybody a trickle.  `auto_upload_slots` takes mainline's answer
// (BitTorrent 4.x, Choker._max_uploads; rate in KiB/s):
//
//   no limit  7        below 15  3        from 42  floor(sqrt(rate * 0.6))
//   below 9   2        below 42  4
//
// A hundred times the rate has ten times the slots, each ten times as fast.  The limit is the session's; one that changes while the
// client runs counts from the next round on.
#pragma once

#include <cstdint>
#include <optional>

#include "client/settings.hpp"
#include "protocol/units.hpp"

namespace swarmlab::client {

constexpr std::uint32_t auto_upload_slots(std::optional<BytesPerSecond> limit) {
  if (!limit) return 7;
  const std::int64_t kibibytes = limit->value() / 1024;
  if (kibibytes < 9) return 2;
  if (kibibytes < 15) return 3;
  if (kibibytes < 42) return 4;
  // In whole numbers: the greatest n with n * n <= rate * 0.6.
  const std::int64_t square = kibibytes * 6 / 10;
  std::int64_t n = 5;
  while ((n + 1) * (n + 1) <= square && n < 10'000) ++n;
  return static_cast<std::uint32_t>(n);
}

// Of one torrent.
constexpr std::uint32_t upload_slots_of(const Settings& settings, std::optional<BytesPerSecond> limit) {
  return settings.auto_upload_slots ? auto_upload_slots(limit) : settings.upload_slots;
}

// Of all torrents together; nullopt: each has its own.
constexpr std::optional<std::uint32_t> session_slots_of(const Settings& settings, std::optional<BytesPerSecond> limit) {
  if (settings.session_upload_slots) return settings.session_upload_slots;
  return settings.auto_upload_slots ? std::optional(auto_upload_slots(limit)) : std::nullopt;
}

}  // namespace swarmlab::client
