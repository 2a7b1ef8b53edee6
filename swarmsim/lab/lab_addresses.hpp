// LabAddresses: where the hosts of a lab run listen, and where each of them reaches the others.
//
// In namespaces both are the same: every host has an address and the ports that everybody expects.  On one machine's loopback each
// host listens at an address and a port of its own, and a relay stands between any two of them:
//
//   127.77.0.S : its port      where host S listens
//   127.77.V.S : relay's port  where host V reaches host S, and as whom S is known to V when it dials V (V, S: HostId + 1)
//
// So a relay knows by the address that was dialled who dials whom, whatever address the dialler has itself, and a client that keeps
// one peer per address keeps them all.  The ports are free ones, so that runs do not meet.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocol/endpoint.hpp"
#include "swarmsim/lab/lab_network_kind.hpp"
#include "swarmsim/lab/lab_unavailable.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

class LabAddresses {
 public:
  static constexpr std::size_t kMostRelayed = 250;   // hosts

  static std::expected<LabAddresses, LabUnavailable> of(const Cast& cast, LabNetworkKind network);
  static LabAddresses of_namespaces(std::span<const std::string> names, std::size_t peers);
  // `peers_meet`: only trackers are behind a relay.
  static std::expected<LabAddresses, LabUnavailable> of_relays(std::size_t hosts, std::size_t peers, bool peers_meet);

  std::size_t host_count() const { return own_.size(); }
  bool is_peer(HostId host) const { return host.value() < peers_; }
  const Endpoint& own(HostId host) const { return own_[host.value()]; }
  // At which `viewer` dials `seen`.
  Endpoint as_seen(HostId viewer, HostId seen) const;
  // The announce URL of a tracker for `viewer`; names where there are some.
  std::string announce_url(HostId viewer, const TrackerSpec& spec, HostId tracker) const;

  bool are_on_loopback() const { return relay_port_ != 0; }
  // Nothing is between any two of them.
  bool do_peers_meet() const { return peers_meet_; }

  // ---- of relays ----
  std::uint16_t relay_port() const { return relay_port_; }
  static IpAddress relay_address(HostId viewer, HostId seen);
  struct Dialled { HostId viewer; HostId seen; };
  // Who dials whom with this address; nullopt: nobody.
  std::optional<Dialled> dialled(const IpAddress& address) const;
  // What `viewer` has to be told instead of an endpoint that a tracker knows: of nobody's, one where nobody listens.
  Endpoint translated(const Endpoint& known, HostId viewer) const;

 private:
  std::vector<Endpoint> own_;              // by HostId
  std::size_t peers_ = 0;
  std::uint16_t relay_port_ = 0;           // 0: there are no relays
  bool peers_meet_ = true;
};

}  // namespace swarmlab::swarmsim
