#include "swarmsim/lab/packet_port.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

constexpr std::byte kVersion4[]{std::byte{0x45}};
constexpr std::byte kVersion6[]{std::byte{0x60}};

TEST(VirtioHeader, SurvivesTheWayThereAndBack) {
  Offload ordinary;
  ordinary.needs_checksum = true;
  ordinary.checksum_from = 20;
  ordinary.checksum_at = 16;
  Offload super = ordinary;
  super.segment_bytes = 1448;
  super.header_bytes = 52;
  for (const Offload& offload : {Offload{}, ordinary, super})
    for (const std::uint16_t link_header : {std::uint16_t{0}, std::uint16_t{14}})
      EXPECT_EQ(from_virtio(to_virtio(offload, kVersion4, link_header), link_header), offload);
}

TEST(VirtioHeader, CountsPositionsFromTheLinkHeader) {
  const VirtioHeader header = to_virtio({.needs_checksum = true, .checksum_from = 20, .checksum_at = 16}, kVersion4, 14);
  EXPECT_EQ(header.checksum_from, 34);
  EXPECT_EQ(header.checksum_at, 16);
}

TEST(VirtioHeader, NamesTheFamilyOfASuperPacket) {
  const Offload super{.segment_bytes = 1448, .header_bytes = 52};
  EXPECT_EQ(to_virtio(super, kVersion4, 0).kind, 1);
  EXPECT_EQ(to_virtio(super, kVersion6, 0).kind, 4);
  EXPECT_EQ(to_virtio({}, kVersion4, 0).kind, 0);
}

TEST(VirtioHeader, IsNotFooledByTheMarkOfCongestionControl) {
  VirtioHeader header;
  header.kind = 0x80;   // ECN, of an ordinary packet
  header.segment_bytes = 1448;
  EXPECT_EQ(from_virtio(header, 0), Offload{});
}

}  // namespace
}  // namespace swarmlab::swarmsim
