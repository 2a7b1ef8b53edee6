#include "client/peer_pool.hpp"

#include <gtest/gtest.h>

namespace swarmlab::client {
namespace {

const auto kNobodyBanned = [](const IpAddress&) { return false; };

Endpoint peer(std::uint32_t n) {
  return {IpAddress::v4(10, static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)), 6881};
}
Time at(Duration since) { return kStart + since; }

TEST(PeerPool, DialsInTheOrderInWhichAddressesBecameKnownEachOnce) {
  PeerPool pool(10s);
  for (std::uint32_t n : {3u, 1u, 2u}) EXPECT_TRUE(pool.add(peer(n), PeerSource::tracker));
  EXPECT_FALSE(pool.add(peer(1), PeerSource::tracker));
  for (std::uint32_t n : {3u, 1u, 2u}) EXPECT_EQ(pool.next_to_dial(kStart, kNobodyBanned), peer(n));
  EXPECT_EQ(pool.next_to_dial(at(1h), kNobodyBanned), std::nullopt) << "one dial at a time";
  EXPECT_FALSE(pool.add(peer(1), PeerSource::tracker)) << "being dialled is known";
}

TEST(PeerPool, DialsTheFirstThatIsLikedAndLeavesTheOthersWaiting) {
  PeerPool pool(10s);
  for (std::uint32_t n : {3u, 1u, 2u}) pool.add(peer(n), PeerSource::tracker);
  const auto is_small = [](const Endpoint& one) { return one < peer(3); };
  EXPECT_EQ(pool.next_to_dial_if(kStart, is_small), peer(1));
  EXPECT_EQ(pool.next_to_dial_if(kStart, is_small), peer(2));
  EXPECT_EQ(pool.next_to_dial_if(kStart, is_small), std::nullopt);
  EXPECT_EQ(pool.next_to_dial(kStart, kNobodyBanned), peer(3));
  pool.dialled(peer(1), PeerPool::Outcome::unwanted, kStart);
  EXPECT_EQ(pool.next_to_dial_if(at(10min - 1ns), is_small), std::nullopt);
  EXPECT_EQ(pool.next_to_dial_if(at(10min), is_small), peer(1));
}

TEST(PeerPool, NobodyListensAtPortZeroOrNowhere) {
  PeerPool pool(10s);
  EXPECT_FALSE(pool.add({IpAddress::v4(10, 0, 0, 1), 0}, PeerSource::tracker));
  EXPECT_FALSE(pool.add({IpAddress(), 6881}, PeerSource::tracker));
}

TEST(PeerPool, FailuresDoubleTheWaitUpToTenMinutes) {
  PeerPool pool(10s);
  pool.add(peer(1), PeerSource::tracker);
  Time now = kStart;
  for (const Duration wait : {Duration(10s), Duration(20s), Duration(40s), Duration(80s), Duration(160s), Duration(320s),
                              Duration(10min), Duration(10min)}) {
    ASSERT_EQ(pool.next_to_dial(now, kNobodyBanned), peer(1));
    pool.dialled(peer(1), PeerPool::Outcome::failed, now);
    EXPECT_EQ(pool.next_due(), now + wait);
    EXPECT_EQ(pool.next_to_dial(now + wait - 1ns, kNobodyBanned), std::nullopt);
    now += wait;
  }
}

TEST(PeerPool, AGoodConnectionForgivesFailures) {
  PeerPool pool(10s);
  pool.add(peer(1), PeerSource::tracker);
  for (int i = 0; i < 4; ++i) {
    static_cast<void>(pool.next_to_dial(at(1h * i), kNobodyBanned));
    pool.dialled(peer(1), PeerPool::Outcome::failed, at(1h * i));
  }
  static_cast<void>(pool.next_to_dial(at(5h), kNobodyBanned));
  pool.dialled(peer(1), PeerPool::Outcome::ended, at(5h));
  EXPECT_EQ(pool.next_due(), at(5h + 10s));
}

TEST(PeerPool, WhoIsNotWantedIsLeftAloneForTenMinutes) {
  PeerPool pool(10s);
  pool.add(peer(1), PeerSource::tracker);
  static_cast<void>(pool.next_to_dial(kStart, kNobodyBanned));
  pool.dialled(peer(1), PeerPool::Outcome::unwanted, kStart);
  EXPECT_EQ(pool.next_due(), at(10min));
}

TEST(PeerPool, OurselvesAreNeverDialledAgain) {
  PeerPool pool(10s);
  pool.add(peer(1), PeerSource::tracker);
  pool.add(peer(2), PeerSource::tracker);
  static_cast<void>(pool.next_to_dial(kStart, kNobodyBanned));
  pool.exclude(peer(1));   // while being dialled
  pool.exclude(peer(2));   // while waiting
  pool.dialled(peer(1), PeerPool::Outcome::failed, kStart);
  EXPECT_EQ(pool.next_due(), kNever);
  EXPECT_FALSE(pool.add(peer(1), PeerSource::tracker));
}

TEST(PeerPool, BannedAddressesArePassedOverAndLookedAtAgainLater) {
  PeerPool pool(10s);
  pool.add(peer(1), PeerSource::tracker);
  pool.add(peer(2), PeerSource::tracker);
  const auto first_is_banned = [](const IpAddress& address) { return address == peer(1).address; };
  EXPECT_EQ(pool.next_to_dial(kStart, first_is_banned), peer(2));
  EXPECT_EQ(pool.next_to_dial(kStart, first_is_banned), std::nullopt);
  EXPECT_EQ(pool.next_to_dial(at(10min), kNobodyBanned), peer(1)) << "bans expire";
}

TEST(PeerPool, KeepsNoMoreThanItsLimit) {
  PeerPool pool(10s);
  for (std::uint32_t n = 0; n < 3000; ++n) pool.add(peer(n + 1), PeerSource::tracker);
  EXPECT_EQ(pool.known(), PeerPool::kMaxKnown);
}

TEST(PeerPool, AListFullOfTheDeadDoesNotKeepTheLivingOut) {
  PeerPool pool(10s);
  for (std::uint32_t n = 1; n <= PeerPool::kMaxKnown; ++n) pool.add(peer(n), PeerSource::tracker);
  while (const auto next = pool.next_to_dial(kStart, kNobodyBanned)) {
    pool.dialled(*next, PeerPool::Outcome::failed, kStart);
  }
  EXPECT_TRUE(pool.add(peer(5000), PeerSource::tracker));
  EXPECT_EQ(pool.known(), PeerPool::kMaxKnown);
  EXPECT_EQ(pool.next_to_dial(at(1s), kNobodyBanned), peer(5000));
}

}  // namespace
}  // namespace swarmlab::client
