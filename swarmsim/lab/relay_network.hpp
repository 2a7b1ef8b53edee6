// RelayNetwork: a network between real processes on one machine's loopback, without any rights: a relay instead of a router.
//
// What that cannot do is said by why_not(): streams lose and reorder nothing, and nobody is behind a NAT.  Statistics are those of the
// router: `packets` are what was read and written at once.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "swarmsim/lab/lab_addresses.hpp"
#include "swarmsim/lab/lab_transport.hpp"
#include "swarmsim/lab/lab_unavailable.hpp"
#include "swarmsim/lab/relay.hpp"

namespace swarmlab::swarmsim {

struct RelayNetworkOptions {
  std::vector<LabHostSpec> hosts;              // HostIds are positions here
  std::uint64_t seed = 1;
  CoreDelays core_delays = {};
  ByteCount watch_buffer = 256_MiB;            // of packets shown and not yet drained
};

class RelayNetwork final : public LabTransport {
 public:
  // `addresses` outlive it.
  static std::expected<std::unique_ptr<RelayNetwork>, LabUnavailable> create(RelayNetworkOptions options, const LabAddresses& addresses);
  ~RelayNetwork() override;
  RelayNetwork(const RelayNetwork&) = delete;
  RelayNetwork& operator=(const RelayNetwork&) = delete;

  // What of a link a relay cannot do: "loses packets"; "" where it can do all of it.  Of a change the same.
  static std::string why_not(const LinkSpec& link);
  static std::string why_not(const LinkChange& change);

  void start() override;
  int namespace_fd(HostId) const override { return -1; }
  std::string describe() const override;
  Time now() const override { return relay_.thread().now(); }
  void set_link(HostId host, const LinkSpec& link) override;
  void set_online(HostId host, bool is_online) override;
  std::uint32_t partition(const LabPartition& partition) override;
  void heal(std::uint32_t number) override;
  void reset_connections(HostId a, HostId b) override;
  void pause(HostId host) override;
  void resume(HostId host) override;
  std::size_t drain(PacketWatcher& watcher) override { return ring_.drain(watcher); }
  int watch_descriptor() const override { return ring_.descriptor(); }
  LabStatistics statistics() override;
  Trust trust() override;

 private:
  RelayNetwork(RelayNetworkOptions options, const LabAddresses& addresses);

  LabLinks links_;
  PacketRing ring_;
  Relay relay_;
  bool do_peers_meet_;
  Duration smallest_delay_{};                  // of a link, at any time of the run
};

}  // namespace swarmlab::swarmsim
