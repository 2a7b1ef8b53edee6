#include "client/recent_content.hpp"

#include <gtest/gtest.h>

#include "runtime/random.hpp"

namespace swarmlab::client {
namespace {

using runtime::Slice;
using runtime::Slices;

constexpr runtime::ContentId kContent{1};

Slices content(std::int64_t offset, std::int64_t length, std::uint32_t spoiler = 0) {
  return {Slice::of_content(kContent, ByteCount(offset), ByteCount(length), runtime::Spoiler(spoiler))};
}

void put(RecentContent& recent, std::int64_t offset, std::int64_t length, std::uint32_t spoiler = 0) {
  recent.put(ByteCount(offset), content(offset, length, spoiler));
}

bool has(const RecentContent& recent, std::int64_t offset, std::int64_t length) {
  const auto found = recent.find(ByteCount(offset), ByteCount(length));
  if (!found) return false;
  EXPECT_EQ(runtime::length_of(*found), ByteCount(length));
  ByteCount at(offset);
  for (const Slice& slice : *found) {
    EXPECT_EQ(slice.offset(), at);
    at += slice.length();
  }
  return true;
}

TEST(RecentContent, GivesBackAnyPartOfWhatItHas) {
  RecentContent recent(1000_B);
  put(recent, 100, 50);
  put(recent, 150, 50);
  EXPECT_TRUE(has(recent, 100, 100)) << "across two runs";
  EXPECT_TRUE(has(recent, 120, 60));
  EXPECT_TRUE(has(recent, 199, 1));
  EXPECT_FALSE(has(recent, 99, 2));
  EXPECT_FALSE(has(recent, 199, 2));
  EXPECT_FALSE(has(recent, 0, 10));
  EXPECT_FALSE(has(recent, 5000, 10));
}

TEST(RecentContent, AGapIsNotBridged) {
  RecentContent recent(1000_B);
  put(recent, 0, 50);
  put(recent, 60, 50);
  EXPECT_FALSE(has(recent, 0, 110));
  EXPECT_TRUE(has(recent, 60, 50));
}

TEST(RecentContent, ForgetsTheOldestBeyondItsLimit) {
  RecentContent recent(100_B);
  put(recent, 0, 40);
  put(recent, 200, 40);
  put(recent, 100, 40);
  EXPECT_FALSE(has(recent, 0, 40));
  EXPECT_TRUE(has(recent, 200, 40));
  EXPECT_TRUE(has(recent, 100, 40));
  EXPECT_EQ(recent.held(), 80_B);
  put(recent, 1000, 101);
  EXPECT_FALSE(has(recent, 1000, 101)) << "more than there is room for";
  EXPECT_TRUE(has(recent, 100, 40));
}

TEST(RecentContent, WithoutALimitItKeepsNothing) {
  RecentContent recent(0_B);
  put(recent, 0, 40);
  EXPECT_FALSE(has(recent, 0, 40));
  EXPECT_EQ(recent.held(), 0_B);
}

TEST(RecentContent, WhatIsWrittenAgainTakesThePlaceOfWhatWasThere) {   // a piece that was bad and is fetched anew
  RecentContent recent(1000_B);
  put(recent, 0, 100, 7);
  put(recent, 50, 20);
  EXPECT_FALSE(has(recent, 0, 50)) << "of the old run nothing is left";
  EXPECT_EQ(recent.find(50_B, 20_B)->front().spoiler(), runtime::kAuthentic);
  EXPECT_EQ(recent.held(), 20_B);
}

TEST(RecentContent, AgreesWithAMapOfBytesUnderRandomWrites) {
  runtime::Random random(5);
  RecentContent recent(100_B);
  std::vector<std::uint32_t> last(300);   // by whom each byte was written last; 0: never
  for (std::uint32_t round = 1; round < 4000; ++round) {
    const auto begin = static_cast<std::int64_t>(random.below(250));
    const auto length = static_cast<std::int64_t>(1 + random.below(50));
    if (random.chance(1, 10)) {
      recent.drop(ByteCount(begin), ByteCount(length));
      ASSERT_FALSE(recent.find(ByteCount(begin), 1_B).has_value());
      continue;
    }
    put(recent, begin, length, round);
    std::fill_n(last.begin() + begin, length, round);
    ASSERT_LE(recent.held(), 100_B);
    ASSERT_TRUE(has(recent, begin, length)) << "the newest is there";
    for (std::int64_t at = 0; at < 300; ++at) {
      const auto found = recent.find(ByteCount(at), 1_B);
      if (!found) continue;
      ASSERT_EQ(found->front().spoiler().value(), last[static_cast<std::size_t>(at)]) << at;
    }
  }
}

}  // namespace
}  // namespace swarmlab::client
