#include "tracker/service.hpp"

#include <utility>

namespace swarmlab::tracker {
namespace {

constexpr std::size_t kExpiredAtOnce = 1000;

}  // namespace

Service::Service(ServiceOptions options, runtime::Random& random, TrackerEvents* events)
    : options_(std::move(options)),
      random_(random),
      events_(events),
      registry_(allowed_silence(options_.announce), random.next(), options_.limits),
      faults_(options_.faults) {}

AnnounceAnswer Service::announce(const protocol::AnnounceRequest& request, const Asker& asker, Time now) {
  expire_all(now);
  ++(asker.transport == Transport::http ? stats_.http_announces : stats_.udp_announces);
  AnnounceAnswer answer;
  if (auto refusal = faults_.refusal()) {
    answer = std::move(*refusal);
  } else {
    answer = answer_announce(request, asker, now, options_.announce, options_.access, registry_, random_);
  }
  if (auto* reply = std::get_if<protocol::AnnounceReply>(&answer)) {
    faults_.distort(*reply, {asker.address, request.port});
  } else {
    ++stats_.failures;
  }
  if (events_ != nullptr) events_->on_announce(request, asker, answer, now);
  return answer;
}

ScrapeAnswer Service::scrape(const protocol::ScrapeRequest& request, Transport transport, Time now) {
  expire_all(now);
  ++stats_.scrapes;
  ScrapeAnswer answer;
  if (auto refusal = faults_.refusal()) {
    answer = std::move(*refusal);
  } else {
    answer = answer_scrape(request, transport, options_.access, registry_);
  }
  if (std::holds_alternative<protocol::TrackerFailure>(answer)) ++stats_.failures;
  return answer;
}

void Service::expire(Time now) {
  for (const ExpiredPeer& peer : registry_.expire(now, kExpiredAtOnce)) {
    ++stats_.expired;
    if (events_ != nullptr) events_->on_expired(peer, now);
  }
}

// Answers are exact: whoever is due goes before anything is counted.  Each peer expires once, so this
// costs constant time per announce in the long run.
void Service::expire_all(Time now) {
  while (registry_.next_expiry() <= now) expire(now);
}

bool Service::swallows_request() {
  if (!faults_.swallows_next()) return false;
  ++stats_.swallowed;
  return true;
}

TrackerStats Service::stats() const {
  TrackerStats stats = stats_;
  stats.now = registry_.totals();
  return stats;
}

}  // namespace swarmlab::tracker
