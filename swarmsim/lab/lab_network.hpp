// LabNetwork: a network of real hosts on one machine, each a network namespace, joined by a router that keeps to the scenario's links.
//
//   namespace of A            the router's namespace             namespace of B
//     clients -- lab0 <=====> port -- Router -- port <=====> lab0 -- clients
//
// Each host has `lo` and one interface with its address/32, and one route, to everybody, through it.  There is no way out: what is
// addressed to nobody in the lab ends at the router and is counted.  In every namespace the same is set, whatever the machine
// uses: no IPv6, one congestion control, TCP's buffers, local ports.  What could not be set is said by describe().
//
// It takes root, or the sandbox of lab mode (sandbox.hpp).  It is built by a thread that has no company yet; then the
// router gets a thread of its own.  At its end namespaces go when the last process in them has gone.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "swarmsim/lab/lab_transport.hpp"
#include "swarmsim/lab/lab_unavailable.hpp"
#include "swarmsim/lab/network_namespace.hpp"
#include "swarmsim/lab/packet_port.hpp"
#include "swarmsim/lab/router.hpp"

namespace swarmlab::swarmsim {

enum class PortKind : std::uint8_t { automatic, tun, veth };   // automatic: TUN where there is one, else veth

struct LabNetworkOptions {
  std::vector<LabHostSpec> hosts;              // HostIds are positions here
  std::uint64_t seed = 1;
  CoreDelays core_delays = {};
  PortKind port = PortKind::automatic;
  // How much a socket may hold unsent or unacknowledged at most: what an observer cannot tell about when a message was decided.
  ByteCount send_buffer = 128_KiB;
  ByteCount receive_buffer = 4_MiB;            // at most; TCP begins with less
  std::string congestion_control = "cubic";    // empty: the machine's
  std::uint16_t first_local_port = 32'768;
  std::uint16_t last_local_port = 60'999;
  ByteCount watch_buffer = 256_MiB;            // of packets seen and not yet drained
};

class LabNetwork final : public LabTransport {
 public:
  static std::expected<std::unique_ptr<LabNetwork>, LabUnavailable> create(LabNetworkOptions options);
  ~LabNetwork() override;
  LabNetwork(const LabNetwork&) = delete;
  LabNetwork& operator=(const LabNetwork&) = delete;

  void start() override;
  // The router ends; statistics stay.
  void stop();

  int namespace_fd(HostId host) const override { return namespaces_[host.value()].descriptor(); }
  // For a thread that wants to open a socket there.
  const NetworkNamespace& namespace_of(HostId host) const { return namespaces_[host.value()]; }
  // Of CLOCK_MONOTONIC, in nanoseconds: when times began to count.
  std::int64_t origin() const { return origin_; }

  std::string describe() const override;
  Time now() const override { return router_->now(); }
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
  explicit LabNetwork(LabNetworkOptions options);
  std::expected<void, LabUnavailable> build();
  std::expected<void, LabUnavailable> add_host(HostId host);
  void set_variables();

  LabNetworkOptions options_;
  LabLinks links_;
  PacketRing ring_;
  std::vector<NetworkNamespace> namespaces_;    // by host
  std::unique_ptr<PacketPort> port_;
  std::unique_ptr<Router> router_;
  std::vector<std::string> notes_;              // what could not be had
  Duration smallest_delay_{};                   // of a link, at any time of the run
  std::int64_t origin_ = 0;
};

}  // namespace swarmlab::swarmsim
