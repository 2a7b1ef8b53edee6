#include "swarmsim/network/link.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

constexpr PacketBurst kPacket{.packets = 1, .full_wire_bytes = 1500, .last_wire_bytes = 1500};
constexpr PacketBurst kTrain{.packets = 4, .full_wire_bytes = 1500, .last_wire_bytes = 500};
constexpr BytesPerSecond kRate(1'500'000);   // a full packet takes 1 ms

TEST(Link, ServesPacketsOneAfterAnother) {
  Link link(kRate, 64_KiB);
  EXPECT_EQ(link.put(kStart, {}, kPacket).last_out, kStart + 1ms);
  EXPECT_EQ(link.put(kStart, {}, kPacket).last_out, kStart + 2ms);
  EXPECT_EQ(link.put(kStart + 10ms, {}, kPacket).last_out, kStart + 11ms);
}

TEST(Link, TellsWhenTheFirstAndTheLastPacketOfABurstAreOut) {
  Link link(kRate, 64_KiB);
  const Link::Passage passage = link.put(kStart, {}, kTrain);
  EXPECT_EQ(passage.accepted, 4);
  EXPECT_EQ(passage.first_out, kStart + 1ms);
  EXPECT_EQ(passage.last_out, kStart + 3333333ns);
}

TEST(Link, DropsTheEndOfABurstThatDoesNotFit) {
  Link link(kRate, ByteCount(3000));
  EXPECT_EQ(link.put(kStart, {}, kPacket).accepted, 1);   // in service
  const Link::Passage passage = link.put(kStart, {}, kTrain);
  EXPECT_EQ(passage.accepted, 2);
  EXPECT_EQ(passage.last_out, kStart + 3ms);
  EXPECT_EQ(link.put(kStart, {}, kPacket).accepted, 0);
  EXPECT_EQ(link.statistics().dropped_packets, 3u);
  EXPECT_EQ(link.statistics().packets, 3u);
  EXPECT_EQ(link.statistics().bytes, 4500u);
}

TEST(Link, AFullQueueDelaysByItsLengthOverTheRate) {
  Link link(kRate, 15_KiB);
  while (link.put(kStart, {}, kPacket).accepted == 1) {}
  EXPECT_EQ(link.backlog(kStart), ByteCount(11 * 1500));   // ten wait, one is in service
  EXPECT_EQ(link.put(kStart + 1ms, {}, kPacket).last_out, kStart + 12ms);
}

TEST(Link, MakesRoomWhileABurstArrives) {
  Link link(kRate, ByteCount(3000));
  link.put(kStart, {}, kTrain);
  EXPECT_EQ(link.put(kStart, {}, kTrain).accepted, 0);
  EXPECT_EQ(link.put(kStart, 10ms, kTrain).accepted, 4);
}

TEST(Link, NeitherQueuesNorDropsWithoutARate) {
  Link link(std::nullopt, ByteCount(0));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(link.put(kStart + 5ms, {}, kPacket).last_out, kStart + 5ms);
  EXPECT_EQ(link.backlog(kStart), ByteCount(0));
}

}  // namespace
}  // namespace swarmlab::swarmsim
