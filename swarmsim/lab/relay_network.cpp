#include "swarmsim/lab/relay_network.hpp"

#include <algorithm>

#include "protocol/quantities.hpp"

namespace swarmlab::swarmsim {

std::expected<std::unique_ptr<RelayNetwork>, LabUnavailable> RelayNetwork::create(RelayNetworkOptions options,
                                                                                  const LabAddresses& addresses) {
  std::unique_ptr<RelayNetwork> network(new RelayNetwork(std::move(options), addresses));
  if (auto opened = network->relay_.open(); !opened) return std::unexpected(std::move(opened.error()));
  return network;
}

RelayNetwork::RelayNetwork(RelayNetworkOptions options, const LabAddresses& addresses)
    : links_(std::move(options.hosts), options.seed, std::move(options.core_delays), QueueKind::takes_all),
      ring_(options.watch_buffer),
      relay_(addresses, links_, ring_),
      do_peers_meet_(addresses.do_peers_meet()),
      smallest_delay_(links_.smallest_delay()) {}

RelayNetwork::~RelayNetwork() = default;

std::string RelayNetwork::why_not(const LinkSpec& link) {
  if (link.nat != NatKind::open) return "is behind a NAT";
  if (link.faults.loss.millionths > 0) return "loses packets";
  if (link.faults.reorder.millionths > 0) return "reorders packets";
  if (link.faults.duplicate.millionths > 0) return "doubles packets";
  return {};
}

std::string RelayNetwork::why_not(const LinkChange& change) {
  LinkSpec link;
  change.apply_to(link);
  return why_not(link);
}

void RelayNetwork::start() { relay_.thread().start(monotonic_now()); }

std::string RelayNetwork::describe() const {
  const std::string hosts = counted(links_.host_count(), "host") + " on loopback, ";
  return hosts + (do_peers_meet_ ? "nothing between peers: their links are not the scenario's"
                                 : "joined by relays: no loss, no reordering, no NAT, no peer exchange");
}

void RelayNetwork::set_link(HostId host, const LinkSpec& link) {
  relay_.thread().call([&] {
    links_.set_link(host, link);
    relay_.look_again();
  });
  const Duration delay = link.delay;
  if (delay > Duration{0} && (smallest_delay_ == Duration{0} || delay < smallest_delay_)) smallest_delay_ = delay;
}

void RelayNetwork::set_online(HostId host, bool is_online) {
  relay_.thread().call([&] {
    links_.set_online(host, is_online);
    relay_.look_again();
  });
}

std::uint32_t RelayNetwork::partition(const LabPartition& partition) {
  std::uint32_t number = 0;
  relay_.thread().call([&] { number = links_.partition(partition); });
  return number;
}

void RelayNetwork::heal(std::uint32_t number) {
  relay_.thread().call([&] {
    links_.heal(number);
    relay_.look_again();
  });
}

void RelayNetwork::reset_connections(HostId a, HostId b) {
  relay_.thread().call([&] { relay_.reset_connections(a, b); });
}

void RelayNetwork::pause(HostId host) {
  relay_.thread().call([&] { relay_.pause(host); });
}

void RelayNetwork::resume(HostId host) {
  relay_.thread().call([&] { relay_.resume(host); });
}

LabStatistics RelayNetwork::statistics() {
  LabStatistics all;
  relay_.thread().call([&] { all = relay_.statistics(); });
  return all;
}

Trust RelayNetwork::trust() { return trust_in(statistics(), smallest_delay_); }

}  // namespace swarmlab::swarmsim
