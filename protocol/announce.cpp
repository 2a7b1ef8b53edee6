#include "protocol/announce.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace swarmlab::protocol {

std::string_view to_string(AnnounceEvent event) {
  switch (event) {
    case AnnounceEvent::none: return "none";
    case AnnounceEvent::completed: return "completed";
    case AnnounceEvent::started: return "started";
    case AnnounceEvent::stopped: return "stopped";
    case AnnounceEvent::paused: return "paused";
  }
  SWARM_ASSERT(false, static_cast<int>(event));
  return "none";
}

std::chrono::seconds usable_interval(std::int64_t seconds) {
  if (seconds <= 0) return kDefaultInterval;
  return std::min(std::chrono::seconds(seconds), kMaxInterval);
}

}  // namespace swarmlab::protocol
