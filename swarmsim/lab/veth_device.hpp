// VethDevices: a veth pair per host and one packet socket that sees the ends of all (packet(7), PACKET_VNET_HDR).
//
// For where there is no /dev/net/tun, as in many containers: needs no device node.  Offload as with TUN.  The router's ends stand in
// the namespace of the thread that makes this; their stack ignores what comes in, since it is addressed to another card.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "swarmsim/lab/packet_port.hpp"

namespace swarmlab::swarmsim {

class VethDevices final : public PacketPort {
 public:
  static std::expected<std::unique_ptr<VethDevices>, LabUnavailable> create();
  ~VethDevices() override;
  VethDevices(const VethDevices&) = delete;
  VethDevices& operator=(const VethDevices&) = delete;

  std::string describe() const override { return "veth pairs and a packet socket with offload"; }
  std::expected<void, LabUnavailable> add_host(const NetworkNamespace& there) override;
  std::span<const int> descriptors() const override { return {&socket_, 1}; }
  std::optional<ReceivedPacket> receive(std::size_t descriptor, MutableBytes buffer) override;
  bool deliver(std::uint32_t host, const Offload& offload, Bytes packet) override;
  std::uint64_t count_missed() override;

 private:
  explicit VethDevices(int socket) : socket_(socket) {}
  int socket_;
  std::vector<int> interface_of_;                             // by host
  std::unordered_map<int, std::uint32_t> host_of_;            // by interface; looked up, never walked
};

}  // namespace swarmlab::swarmsim
