#include "protocol/quantities.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace swarmlab {
namespace {

using testing::HasSubstr;

TEST(Quantities, ReadsSizesInThousandsAndInPowersOfTwo) {
  EXPECT_EQ(parse_size("16 KiB"), ByteCount(16384));
  EXPECT_EQ(parse_size("16KiB"), ByteCount(16384));
  EXPECT_EQ(parse_size("1.5 MiB"), ByteCount(1572864));
  EXPECT_EQ(parse_size("10 kB"), ByteCount(10000));
  EXPECT_EQ(parse_size("0 B"), ByteCount(0));
}

TEST(Quantities, ReadsRatesInBitsAndBytes) {
  EXPECT_EQ(parse_rate("4 Mbit/s"), BytesPerSecond(500'000));
  EXPECT_EQ(parse_rate("256 KiB/s"), BytesPerSecond(262'144));
}

TEST(Quantities, ReadsDecimalTimesExactly) {
  EXPECT_EQ(parse_duration("0.1 s"), Duration(100'000'000));
  EXPECT_EQ(parse_duration("1.5 h"), std::chrono::minutes(90));
}

TEST(Quantities, ReadsSharesUpToTheWhole) {
  EXPECT_EQ(parse_share("5%"), Share{50'000});
  EXPECT_EQ(parse_share("100 %"), Share{Share::kWhole});
  EXPECT_THAT(parse_share("100.1%").error(), HasSubstr("more than 100%"));
}

TEST(Quantities, ABareNumberIsAnErrorThatShowsAUnit) {
  EXPECT_EQ(parse_size("16").error(), "'16' is a bare number; a size has a unit: 16 KiB, 64 MiB");
}

TEST(Quantities, AMisspeltUnitSuggestsTheNearOne) {
  EXPECT_THAT(parse_size("16 KIB").error(), HasSubstr("KiB"));
}

TEST(Quantities, WhatIsNoNumberOrBeyondMeaningIsRefused) {
  for (const char* text : {"", "KiB", ".5 MiB", "5. MiB", "-1 B", "1e3 B", "1234567890123 B", "99999999999 TiB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(Quantities, WritesWhatItReads) {
  EXPECT_EQ(to_text(ByteCount(1572864)), "1.5 MiB");
  EXPECT_EQ(to_text(Duration(std::chrono::milliseconds(12'345))), "12.345 s");
  EXPECT_EQ(to_text(Share{50'000}), "5 %");
  EXPECT_EQ(to_text(BytesPerSecond(500'000)), "4 Mbit/s");
}

TEST(Quantities, CountsThingsInTheSingularAndThePlural) {
  EXPECT_EQ(counted(1, "peer"), "1 peer");
  EXPECT_EQ(counted(0, "peer"), "0 peers");
  EXPECT_EQ(counted(2, "peer"), "2 peers");
}

}  // namespace
}  // namespace swarmlab
