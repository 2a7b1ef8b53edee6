#include "tracker/connection_ids.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/tracker/builders.hpp"

namespace swarmlab::tracker {
namespace {

using protocol::udp::ConnectionId;
using test::address;

// The vectors that come with SipHash: key 00 01 .. 0f, messages 00 01 02 .. of rising length.
TEST(SipHash, GivesThePublishedVectors) {
  const SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::vector<std::byte> message;
  EXPECT_EQ(sip_hash(key, message), 0x726fdb47dd0e0e31u);
  for (std::uint8_t i = 0; i < 8; ++i) message.push_back(std::byte{i});
  EXPECT_EQ(sip_hash(key, message), 0x93f5f5799a932462u);
  for (std::uint8_t i = 8; i < 15; ++i) message.push_back(std::byte{i});
  EXPECT_EQ(sip_hash(key, message), 0xa129ca6149be45e5u);
}

struct ConnectionIdsTest : ::testing::Test {
  runtime::Random random{1};
  ConnectionIds ids{random};
  IpAddress client = address("10.0.0.1");
};

TEST_F(ConnectionIdsTest, AreValidForTwoMinutes) {
  const Time issued = kStart + 1000s;
  const ConnectionId id = ids.issue(client, issued);
  EXPECT_TRUE(ids.is_valid(id, client, issued));
  EXPECT_TRUE(ids.is_valid(id, client, issued + 120s));
  EXPECT_FALSE(ids.is_valid(id, client, issued + 121s));
}

TEST_F(ConnectionIdsTest, StayValidWhenTheSixteenBitsOfTheirSecondWrap) {
  const Time issued = kStart + 65'530s;
  const ConnectionId id = ids.issue(client, issued);
  EXPECT_TRUE(ids.is_valid(id, client, issued + 60s));
  EXPECT_FALSE(ids.is_valid(id, client, issued + 65'536s));
}

TEST_F(ConnectionIdsTest, AreOfNoUseToAnotherAddress) {
  const ConnectionId id = ids.issue(client, kStart);
  EXPECT_FALSE(ids.is_valid(id, address("10.0.0.2"), kStart));
  EXPECT_FALSE(ids.is_valid(id, address("fd00::1"), kStart));
}

TEST_F(ConnectionIdsTest, AreOfNoUseToAnotherTracker) {
  ConnectionIds other(random);
  EXPECT_FALSE(other.is_valid(ids.issue(client, kStart), client, kStart));
}

TEST_F(ConnectionIdsTest, CannotBeMovedToALaterTime) {
  const std::uint64_t id = ids.issue(client, kStart + 10s).value();
  const ConnectionId forged(id + (std::uint64_t{200} << 48));
  EXPECT_FALSE(ids.is_valid(forged, client, kStart + 210s));
}

TEST_F(ConnectionIdsTest, OfTheFutureAreNotValid) {
  EXPECT_FALSE(ids.is_valid(ids.issue(client, kStart + 10s), client, kStart + 5s));
}

TEST_F(ConnectionIdsTest, DifferBetweenAddressesAndSeconds) {
  std::set<std::uint64_t> seen;
  for (std::uint8_t host = 0; host < 100; ++host) {
    for (int second = 0; second < 10; ++second) {
      seen.insert(ids.issue(IpAddress::v4(10, 0, 0, host), kStart + second * 1s).value());
    }
  }
  EXPECT_EQ(seen.size(), 1000u);
}

}  // namespace
}  // namespace swarmlab::tracker
