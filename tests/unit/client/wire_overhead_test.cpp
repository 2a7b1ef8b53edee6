#include "client/wire_overhead.hpp"

#include <gtest/gtest.h>

namespace swarmlab::client {
namespace {

TEST(WireOverhead, BlocksFillTheirPackets) {
  const auto one = WireOverhead::of(ByteCount(1448), WireUnit::bulk, false);
  EXPECT_EQ(one.headers, 52_B);
  EXPECT_EQ(one.acks, 26_B) << "every second packet is acknowledged";
  const auto megabyte = WireOverhead::of(1_MiB, WireUnit::bulk, false);
  EXPECT_EQ(megabyte.headers.value(), (1'048'576 * 52 + 1447) / 1448);
  EXPECT_EQ(megabyte.headers.value() * 1000 / 1'048'576, 35) << "3.5 % of the payload";
}

TEST(WireOverhead, AMessageIsAPacketOfItsOwn) {
  const auto have = WireOverhead::of(ByteCount(9), WireUnit::message, false);
  EXPECT_EQ(have.headers, 52_B);
  EXPECT_EQ(have.acks, 52_B);
  const auto bitfield = WireOverhead::of(ByteCount(4000), WireUnit::message, false);
  EXPECT_EQ(bitfield.headers, ByteCount(3 * 52));
  EXPECT_EQ(bitfield.acks, ByteCount(2 * 52));
}

TEST(WireOverhead, Ipv6HasTheLongerHeader) {
  EXPECT_EQ(WireOverhead::of(ByteCount(1448), WireUnit::bulk, true).headers, 72_B);
  EXPECT_EQ(WireOverhead::of(ByteCount(1), WireUnit::message, true).acks, 72_B);
}

}  // namespace
}  // namespace swarmlab::client
