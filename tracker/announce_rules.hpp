// What a tracker answers: (request, who asks, now, registry) -> reply.  No bytes, no sockets, no clock.
//
// The rules (BEP 3, 7, 15, 23, 24, 48; bug B68), each with its reason:
//   left = 0 is a seed, anything else a leecher, whatever the event says: numbers are harder to get wrong than
//     events, and a "completed" with something left completes nothing.
//   stopped takes the peer off at once, with all its endpoints, and gets no peers: it leaves.  So does silence
//     of two intervals and ten seconds: one lost announce, and a late one, do not cost a peer its place.
//   Seeds get no seeds: they would only connect to close again.  But who begins with nothing left where nobody leeches does get
//     them: aria2 says so of a magnet link until it has the metadata, and would have nobody to fetch that from.
//   The asker is never in its own list.
//   Port 0 is refused: nobody can connect there, and the others would try (bug B65).  Who stops may have closed
//     its port already.
//   Over HTTP both families are answered, that of the asker first, together not more than was asked for; over
//     UDP the packet has room for one (BEP 15).
//   `ip` is believed from loopback and private addresses alone.  In a laboratory a peer behind an emulator says where it
//     really is; on the Internet it would let anyone send a swarm to a victim (BEP 7, "IP announce params").
//   The reply names the address we saw (BEP 24).
// A scrape changes nothing.  Torrents nobody has announced have zeros; such that are not tracked here are left out
// (over UDP, which knows entries by their place only: zeros).
#pragma once

#include <chrono>
#include <optional>
#include <variant>
#include <vector>

#include "protocol/announce.hpp"
#include "protocol/units.hpp"
#include "runtime/random.hpp"
#include "tracker/access.hpp"
#include "tracker/swarm_registry.hpp"

namespace swarmlab::tracker {

struct AnnounceSettings {
  std::chrono::seconds interval{1800};
  std::chrono::seconds min_interval{60};   // told, not enforced; never above `interval`
  std::uint32_t default_peers = 50;        // where the request does not say how many
  std::uint32_t max_peers = 200;
};

inline constexpr std::chrono::seconds kSilenceGrace{10};
// How long a peer may stay silent.
constexpr Duration allowed_silence(const AnnounceSettings& settings) {
  return 2 * settings.interval + kSilenceGrace;
}

enum class Transport : std::uint8_t { http, udp };

struct Asker {
  IpAddress address;                       // as the transport saw it
  Transport transport = Transport::http;
};

using AnnounceAnswer = std::variant<protocol::AnnounceReply, protocol::TrackerFailure>;
using ScrapeAnswer = std::variant<protocol::ScrapeReply, protocol::TrackerFailure>;

// Where the asker can be reached: its address, or the one it claims where that is believed.
Endpoint announced_endpoint(const protocol::AnnounceRequest& request, const Asker& asker);
// Loopback, link-local, and the ranges of RFC 1918 and RFC 4193.
bool is_local(const IpAddress& address);

// Silent peers are taken to have been expired up to `now`.
AnnounceAnswer answer_announce(const protocol::AnnounceRequest& request, const Asker& asker, Time now,
                               const AnnounceSettings& settings, const Access& access,
                               SwarmRegistry& registry, runtime::Random& random);

// An empty request asks for all swarms; it is answered over HTTP, where the tracker is not private and they are
// not too many for one reply.
ScrapeAnswer answer_scrape(const protocol::ScrapeRequest& request, Transport transport,
                           const Access& access, const SwarmRegistry& registry);

}  // namespace swarmlab::tracker
