// Service: what both fronts of a tracker share.  One registry, one set of rules, faults and counters.
//
// The fronts turn bytes into requests and answers into bytes; everything a client can observe is decided
// here or below.  TrackerEvents lets somebody watch: it is called when the state is consistent, and may read the
// tracker but not change it.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/announce.hpp"
#include "runtime/random.hpp"
#include "tracker/access.hpp"
#include "tracker/announce_rules.hpp"
#include "tracker/fault.hpp"
#include "tracker/swarm_registry.hpp"

namespace swarmlab::tracker {

class TrackerEvents {
 public:
  virtual void on_announce(const protocol::AnnounceRequest& request, const Asker& asker,
                           const AnnounceAnswer& answer, Time now) = 0;
  virtual void on_expired(const ExpiredPeer& peer, Time now) = 0;

 protected:
  ~TrackerEvents() = default;
};

struct TrackerStats {
  std::uint64_t http_announces = 0;      // answered with peers or a failure
  std::uint64_t udp_announces = 0;
  std::uint64_t scrapes = 0;
  std::uint64_t failures = 0;            // of the announces and scrapes above: refused
  std::uint64_t malformed = 0;           // requests that were no announce, scrape or connect
  std::uint64_t swallowed = 0;           // left unanswered by a fault
  std::uint64_t expired = 0;             // peers
  RegistryTotals now;
};

struct ServiceOptions {
  AnnounceSettings announce;
  Access access;
  std::vector<FaultSpec> faults;
  RegistryLimits limits;
};

class Service {
 public:
  Service(ServiceOptions options, runtime::Random& random, TrackerEvents* events);

  AnnounceAnswer announce(const protocol::AnnounceRequest& request, const Asker& asker, Time now);
  ScrapeAnswer scrape(const protocol::ScrapeRequest& request, Transport transport, Time now);
  // Forgets the silent ones; a bounded number, so call again at next_expiry().
  void expire(Time now);
  Time next_expiry() const { return registry_.next_expiry(); }

  // Asked once per request that arrives, before it is looked at; true when it is to be ignored.
  bool swallows_request();
  void note_malformed() { ++stats_.malformed; }

  const Access& access() const { return options_.access; }
  const SwarmRegistry& registry() const { return registry_; }
  Faults& faults() { return faults_; }
  TrackerStats stats() const;

 private:
  void expire_all(Time now);

  ServiceOptions options_;
  runtime::Random& random_;
  TrackerEvents* events_;
  SwarmRegistry registry_;
  Faults faults_;
  TrackerStats stats_;
};

}  // namespace swarmlab::tracker
