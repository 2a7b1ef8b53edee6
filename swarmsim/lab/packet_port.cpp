#include "swarmsim/lab/packet_port.hpp"

namespace swarmlab::swarmsim {
namespace {

// linux/virtio_net.h cannot be included from C++: one of its members is named `class`.
constexpr std::uint8_t kNeedsChecksum = 1;
constexpr std::uint8_t kTcpV4 = 1;
constexpr std::uint8_t kTcpV6 = 4;
constexpr std::uint8_t kKindMask = 0x7f;   // the highest bit says that ECN is in use

std::uint16_t minus(std::uint16_t a, std::uint16_t b) { return a < b ? std::uint16_t{0} : static_cast<std::uint16_t>(a - b); }
std::uint16_t plus(std::uint16_t a, std::uint16_t b) { return static_cast<std::uint16_t>(a + b); }

}  // namespace

Offload from_virtio(const VirtioHeader& header, std::uint16_t link_header) {
  Offload offload;
  if ((header.flags & kNeedsChecksum) != 0) {
    offload.needs_checksum = true;
    offload.checksum_from = minus(header.checksum_from, link_header);
    offload.checksum_at = header.checksum_at;
  }
  if ((header.kind & kKindMask) != 0) {
    offload.segment_bytes = header.segment_bytes;
    offload.header_bytes = minus(header.header_bytes, link_header);
  }
  return offload;
}

VirtioHeader to_virtio(const Offload& offload, Bytes packet, std::uint16_t link_header) {
  VirtioHeader header;
  if (offload.needs_checksum) {
    header.flags = kNeedsChecksum;
    header.checksum_from = plus(offload.checksum_from, link_header);
    header.checksum_at = offload.checksum_at;
  }
  if (offload.segment_bytes > 0) {
    const bool is_v6 = !packet.empty() && std::to_integer<int>(packet[0] >> 4) == 6;
    header.kind = is_v6 ? kTcpV6 : kTcpV4;
    header.segment_bytes = offload.segment_bytes;
    header.header_bytes = plus(offload.header_bytes, link_header);
  }
  return header;
}

}  // namespace swarmlab::swarmsim
