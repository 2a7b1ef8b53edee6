#include "client/ban_list.hpp"

#include <gtest/gtest.h>

namespace swarmlab::client {
namespace {

constexpr Time at(Duration since_start) { return kStart + since_start; }
constexpr IpAddress address(std::uint32_t n) {
  return IpAddress::v4(10, static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n));
}

TEST(BanList, BansAnAddressUntilItsTime) {
  BanList bans;
  bans.ban(address(1), at(1h));
  EXPECT_TRUE(bans.is_banned(address(1), at(59min)));
  EXPECT_FALSE(bans.is_banned(address(1), at(1h)));
  EXPECT_FALSE(bans.is_banned(address(2), at(0s)));
}

TEST(BanList, KeepsTheLongerOfTwoBans) {
  BanList bans;
  bans.ban(address(1), at(2h));
  bans.ban(address(1), at(1h));
  EXPECT_TRUE(bans.is_banned(address(1), at(90min)));
  bans.ban(address(1), at(3h));
  EXPECT_TRUE(bans.is_banned(address(1), at(150min)));
  EXPECT_EQ(bans.size(), 1U);
}

TEST(BanList, ForgetsWhatIsOver) {
  BanList bans;
  bans.ban(address(1), at(1h));
  bans.ban(address(2), at(2h));
  bans.expire(at(1h));
  EXPECT_EQ(bans.size(), 1U);
  EXPECT_TRUE(bans.is_banned(address(2), at(1h)));
}

TEST(BanList, MakesRoomForANewBanByTheOneThatEndsFirst) {
  BanList bans;
  for (std::uint32_t i = 0; i < BanList::kMaxBans; ++i) bans.ban(address(i), at(1h + std::chrono::seconds(i == 77 ? 0 : i + 1)));
  bans.ban(address(BanList::kMaxBans), at(1min));
  EXPECT_EQ(bans.size(), BanList::kMaxBans);
  EXPECT_TRUE(bans.is_banned(address(BanList::kMaxBans), at(0s)));
  EXPECT_FALSE(bans.is_banned(address(77), at(0s)));
  EXPECT_TRUE(bans.is_banned(address(0), at(0s)));
}

}  // namespace
}  // namespace swarmlab::client
