// PacketPort: where the packets of hosts in namespaces come out, and where they are put in.
//
// Packets begin with their IP header.  The stacks leave work to whoever carries packets, as they do to a network card: a
// super-packet stands for many segments of one size, and its checksum is only begun.  Offload says so; what it says must
// be handed on with the packet.  One port serves all hosts; it is used by one thread, but for add_host(), which comes before.
//
// Kinds: tun_device.hpp (one descriptor per host), veth_device.hpp (one for all, where there is no /dev/net/tun).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>

#include "protocol/units.hpp"
#include "swarmsim/lab/lab_unavailable.hpp"
#include "swarmsim/lab/network_namespace.hpp"

namespace swarmlab::swarmsim {

// What is left to do to a packet; positions count from its IP header.
struct Offload {
  bool needs_checksum = false;            // of everything from `checksum_from`, into `checksum_at` behind that
  std::uint16_t checksum_from = 0;
  std::uint16_t checksum_at = 0;
  std::uint16_t segment_bytes = 0;        // payload of each segment of a super-packet; 0: an ordinary packet
  std::uint16_t header_bytes = 0;         // of a super-packet, that each segment repeats
  friend bool operator==(const Offload&, const Offload&) = default;
};

inline constexpr std::size_t kLargestPacket = 65'535;

struct ReceivedPacket {
  std::uint32_t host = 0;   // in the order of add_host()
  Offload offload;
  Bytes packet;             // in the caller's buffer
};

class PacketPort {
 public:
  virtual ~PacketPort() = default;

  // "TUN with offload": for reports.
  virtual std::string describe() const = 0;
  // The next host's interface kLabInterface in its namespace, down and without an address as yet.  Called from the namespace of
  // whoever carries packets.
  virtual std::expected<void, LabUnavailable> add_host(const NetworkNamespace& there) = 0;
  // Readable when packets wait.
  virtual std::span<const int> descriptors() const = 0;
  // The next packet of a descriptor, by its position; nullopt when none waits.  The buffer takes kPortBuffer.
  virtual std::optional<ReceivedPacket> receive(std::size_t descriptor, MutableBytes buffer) = 0;
  // Into the stack of a host.  False: it took no more, and the packet is lost.
  virtual bool deliver(std::uint32_t host, const Offload& offload, Bytes packet) = 0;
  // How many packets the kernel threw away because receive() was not called soon enough, since the last question.
  virtual std::uint64_t count_missed() = 0;
};

inline constexpr const char* kLabInterface = "lab0";
inline constexpr std::size_t kPortBuffer = kLargestPacket + 64;
// Packets that wait for the router in the kernel, per host.
inline constexpr int kWaitingPackets = 4096;

// The form in which Linux hands such packets over (struct virtio_net_hdr, legacy, of the machine's byte order).
struct VirtioHeader {
  std::uint8_t flags = 0;
  std::uint8_t kind = 0;
  std::uint16_t header_bytes = 0;
  std::uint16_t segment_bytes = 0;
  std::uint16_t checksum_from = 0;
  std::uint16_t checksum_at = 0;
};
static_assert(sizeof(VirtioHeader) == 10);
// `link_header` octets stand before the IP header where the port has them.
Offload from_virtio(const VirtioHeader& header, std::uint16_t link_header);
VirtioHeader to_virtio(const Offload& offload, Bytes packet, std::uint16_t link_header);

}  // namespace swarmlab::swarmsim
