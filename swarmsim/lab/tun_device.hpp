// TunDevices: one TUN interface per host, with checksums and segmentation left to the reader (tun(4), TUNSETOFFLOAD).
//
// The descriptor is opened inside the host's namespace and works from anywhere afterwards.  A TUN interface has no
// back-pressure: what its queue cannot hold is thrown away, which count_missed() tells.  Closing such a descriptor makes
// the kernel wait for 15 to 30 ms each; an interface that is made persistent first goes with its namespace instead.
#pragma once

#include <memory>
#include <vector>

#include "swarmsim/lab/packet_port.hpp"

namespace swarmlab::swarmsim {

class TunDevices final : public PacketPort {
 public:
  // Fails where /dev/net/tun is missing or closed to this user.
  static std::expected<std::unique_ptr<TunDevices>, LabUnavailable> create();
  ~TunDevices() override;
  TunDevices(const TunDevices&) = delete;
  TunDevices& operator=(const TunDevices&) = delete;

  std::string describe() const override { return "TUN with offload"; }
  std::expected<void, LabUnavailable> add_host(const NetworkNamespace& there) override;
  std::span<const int> descriptors() const override { return descriptors_; }
  std::optional<ReceivedPacket> receive(std::size_t descriptor, MutableBytes buffer) override;
  bool deliver(std::uint32_t host, const Offload& offload, Bytes packet) override;
  std::uint64_t count_missed() override;

 private:
  TunDevices() = default;
  std::vector<int> descriptors_;                    // by host
  std::vector<int> counters_;                       // by host: its interface's statistics (/proc/net/dev), open
  std::uint64_t told_ = 0;                          // what count_missed() has told of
};

}  // namespace swarmlab::swarmsim
