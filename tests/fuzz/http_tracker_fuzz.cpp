// Any bytes as a query and as a reply, of announce and scrape: what is understood is written and
// understood the same.
#include <algorithm>

#include "protocol/assert.hpp"
#include "protocol/http_tracker.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::protocol;

namespace {

const Url kTracker{"http", "tracker", 80, "/announce"};

std::string_view query_of(std::string_view target) {
  return target.substr(std::min(target.find('?'), target.size() - 1) + 1);
}

void as_query(std::string_view query) {
  if (const auto announce = parse_announce_query(query)) {
    SWARM_ASSERT(announce->port != 0 || announce->event == AnnounceEvent::stopped);
    SWARM_ASSERT(announce->left >= 0_B && announce->uploaded >= 0_B && announce->downloaded >= 0_B);
    const std::string target = announce_target(kTracker, *announce);
    const auto again = parse_announce_query(query_of(target));
    SWARM_ASSERT(again && *again == *announce, target);
  } else {
    SWARM_ASSERT(!announce.error().reason.empty() && announce.error().reason.size() < 200);
  }
  if (const auto scrape = parse_scrape_query(query)) {
    const auto target = scrape_target(kTracker, *scrape);
    SWARM_ASSERT(target.has_value());
    const auto again = parse_scrape_query(query_of(*target));
    SWARM_ASSERT(again && again->info_hashes == scrape->info_hashes);
  }
}

void as_reply(Bytes body) {
  if (const auto announce = decode_announce_reply(body)) {
    if (const auto* reply = std::get_if<AnnounceReply>(&*announce)) {
      SWARM_ASSERT(reply->interval.count() > 0 && reply->peers.size() <= kMaxTrackerPeers);
      const auto again = decode_announce_reply(encode_announce_reply(*reply, false, false));
      SWARM_ASSERT(again && std::get<AnnounceReply>(*again) == *reply);
      SWARM_ASSERT(decode_announce_reply(encode_announce_reply(*reply, true, false)).has_value());
    } else {
      const auto& failure = std::get<TrackerFailure>(*announce);
      SWARM_ASSERT(decode_announce_reply(encode_failure(failure)) == *announce);
    }
  } else {
    SWARM_ASSERT(announce.error().at <= body.size() && !to_string(announce.error()).empty());
  }
  if (const auto scrape = decode_scrape_reply(body)) {
    if (const auto* reply = std::get_if<ScrapeReply>(&*scrape)) {
      const auto again = decode_scrape_reply(encode_scrape_reply(*reply));
      SWARM_ASSERT(again && std::get<ScrapeReply>(*again).entries.size() == reply->entries.size());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  as_query(fuzz::text(data, size));
  as_reply(fuzz::bytes(data, size));
  return 0;
}
