#include "tracker/announce_rules.hpp"

#include <algorithm>
#include <string>

namespace swarmlab::tracker {
namespace {

using protocol::AnnounceEvent;
using protocol::TrackerFailure;

// An entry of a scrape reply is some 70 bytes; this many fit a reply that clients read.
constexpr std::uint32_t kMostScraped = 10'000;

bool begins_with(const IpAddress& address, std::initializer_list<std::uint8_t> prefix) {
  return std::ranges::equal(address.octets().first(prefix.size()), prefix);
}

protocol::ScrapeEntry entry_for(const InfoHashV1& info_hash, const SwarmRegistry& registry) {
  const SwarmCounts counts = registry.counts(info_hash).value_or(SwarmCounts{});
  return {.info_hash = info_hash,
          .complete = counts.seeds,
          .downloaded = counts.downloaded,
          .incomplete = counts.leechers};
}

}  // namespace

bool is_local(const IpAddress& address) {
  if (address.is_loopback()) return true;
  if (address.is_v6()) {
    const std::uint8_t first = address.octets()[0];
    const std::uint8_t second = address.octets()[1];
    return (first & 0xfe) == 0xfc || (first == 0xfe && (second & 0xc0) == 0x80);
  }
  return begins_with(address, {10}) || begins_with(address, {192, 168}) ||
         begins_with(address, {169, 254}) ||
         (begins_with(address, {172}) && (address.octets()[1] & 0xf0) == 16);
}

Endpoint announced_endpoint(const protocol::AnnounceRequest& request, const Asker& asker) {
  const bool believed = request.ip && !request.ip->is_unspecified() && is_local(asker.address);
  return {believed ? *request.ip : asker.address, request.port};
}

AnnounceAnswer answer_announce(const protocol::AnnounceRequest& request, const Asker& asker, Time now,
                               const AnnounceSettings& settings, const Access& access,
                               SwarmRegistry& registry, runtime::Random& random) {
  if (!access.tracks(request.info_hash)) {
    return TrackerFailure{"torrent " + to_string(request.info_hash) + " is not tracked here"};
  }
  const bool leaves = request.event == AnnounceEvent::stopped;
  if (request.port == 0 && !leaves) return TrackerFailure{"port 0 cannot be connected to"};

  const PeerIdentity who{request.peer_id, request.key};
  const Role role = request.left.value() == 0 ? Role::seed : Role::leecher;
  if (leaves) {
    registry.remove(request.info_hash, who);
  } else if (!registry.see(request.info_hash,
                           {.who = who,
                            .endpoint = announced_endpoint(request, asker),
                            .role = role,
                            .says_completed = request.event == AnnounceEvent::completed},
                           now)) {
    return TrackerFailure{"this tracker is full"};
  }

  protocol::AnnounceReply reply;
  reply.interval = settings.interval;
  reply.min_interval = std::min(settings.min_interval, settings.interval);
  const SwarmCounts counts = registry.counts(request.info_hash).value_or(SwarmCounts{});
  reply.complete = counts.seeds;
  reply.incomplete = counts.leechers;
  reply.external_ip = asker.address;
  if (!leaves) {
    const bool is_first_and_alone = request.event == AnnounceEvent::started && counts.leechers == 0;
    const bool is_http = asker.transport == Transport::http;
    reply.peers = registry.choose(
        request.info_hash, who,
        {.count = std::min(request.numwant.value_or(settings.default_peers), settings.max_peers),
         .family = family_of(asker.address),
         .both_families = is_http,
         .seeds_too = role == Role::leecher || is_first_and_alone,
         .with_ids = is_http && !request.compact && !request.no_peer_id},
        random);
  }
  return reply;
}

ScrapeAnswer answer_scrape(const protocol::ScrapeRequest& request, Transport transport,
                           const Access& access, const SwarmRegistry& registry) {
  protocol::ScrapeReply reply;
  if (transport == Transport::udp) {
    for (const InfoHashV1& info_hash : request.info_hashes) {
      reply.entries.push_back(access.tracks(info_hash) ? entry_for(info_hash, registry)
                                                       : protocol::ScrapeEntry{.info_hash = info_hash});
    }
    return reply;
  }
  if (request.info_hashes.empty()) {
    if (access.is_private()) return TrackerFailure{"this tracker does not list its torrents: name an info_hash"};
    if (registry.totals().swarms > kMostScraped) {
      return TrackerFailure{"there are too many torrents to list: name an info_hash"};
    }
    reply.entries = registry.all();
    return reply;
  }
  for (const InfoHashV1& info_hash : request.info_hashes) {
    if (access.tracks(info_hash)) reply.entries.push_back(entry_for(info_hash, registry));
  }
  return reply;
}

}  // namespace swarmlab::tracker
