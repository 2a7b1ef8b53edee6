#include "swarmsim/wire/true_content.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

std::vector<std::byte> some_bytes() {
  std::vector<std::byte> bytes;
  for (int i = 0; i < 1000; ++i) bytes.push_back(static_cast<std::byte>(i * 7));
  return bytes;
}

TEST(TrueContent, KnowsItsOwnBytesFromSpoiltOnes) {
  const TrueContent content = TrueContent::of_bytes(some_bytes());
  EXPECT_TRUE(content.matches(ByteCount(100), content.authentic(ByteCount(100), ByteCount(50))));
  EXPECT_FALSE(content.matches(ByteCount(101), content.authentic(ByteCount(100), ByteCount(50))));
  for (std::uint32_t spoiler = 0; spoiler < 600; ++spoiler)
    EXPECT_FALSE(content.matches(ByteCount(100), content.spoilt(ByteCount(100), ByteCount(50), runtime::Spoiler(spoiler))));
}

TEST(TrueContent, KnowsSymbolicRangesByIdentityAndPlace) {
  const TrueContent content = TrueContent::symbolic(runtime::ContentId(3), 1_GiB);
  EXPECT_TRUE(content.matches(1_MiB, content.authentic(1_MiB, 16_KiB)));
  EXPECT_FALSE(content.matches(2_MiB, content.authentic(1_MiB, 16_KiB)));
  EXPECT_FALSE(content.matches(1_MiB, content.spoilt(1_MiB, 16_KiB, runtime::Spoiler(9))));
  EXPECT_FALSE(content.matches(1_MiB, runtime::Slice::of_content(runtime::ContentId(4), 1_MiB, 16_KiB)));
}

TEST(TrueContent, MatchesNothingBeyondItsEnd) {
  const TrueContent content = TrueContent::of_bytes(some_bytes());
  EXPECT_FALSE(content.matches(ByteCount(999), Bytes(some_bytes()).first(2)));
  EXPECT_FALSE(content.matches(ByteCount(-1), Bytes(some_bytes()).first(2)));
}

}  // namespace
}  // namespace swarmlab::swarmsim
