#include "swarmsim/network/byte_ranges.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bitset>

#include "runtime/random.hpp"

namespace swarmlab::swarmsim {
namespace {

using testing::ElementsAre;

TEST(ByteRanges, JoinsWhatOverlapsOrTouches) {
  ByteRanges set;
  set.add({10, 20});
  set.add({30, 40});
  EXPECT_THAT(set.ranges(), ElementsAre(ByteRange{10, 20}, ByteRange{30, 40}));
  set.add({20, 30});
  EXPECT_THAT(set.ranges(), ElementsAre(ByteRange{10, 40}));
}

TEST(ByteRanges, HoldsNoMemoryWhenEmptyAgain) {
  ByteRanges set;
  set.add({10, 20});
  set.forget_below(20);
  EXPECT_TRUE(set.empty());
}

TEST(ByteRanges, AgreesWithABitmapUnderRandomOperations) {
  constexpr std::size_t kSize = 96;
  runtime::Random random(11);
  ByteRanges set;
  std::bitset<kSize> model;
  for (int round = 0; round < 4000; ++round) {
    const std::uint64_t a = random.below(kSize);
    const std::uint64_t b = a + 1 + random.below(std::min<std::uint64_t>(12, kSize - a));
    if (random.chance(1, 8)) {
      set.forget_below(a);
      for (std::size_t i = 0; i < a; ++i) model.reset(i);
    } else {
      set.add({a, b});
      for (std::size_t i = a; i < b; ++i) model.set(i);
    }
    if (model.count() > 70) {
      set.clear();
      model.reset();
    }
    const std::uint64_t from = random.below(kSize);
    std::uint64_t count = 0;
    for (std::size_t i = from; i < kSize; ++i) count += model[i] ? 1 : 0;
    ASSERT_EQ(set.count_in({from, kSize}), count);
    std::uint64_t gap = from;
    while (gap < kSize && model[gap]) ++gap;
    std::uint64_t gap_end = gap;
    while (gap_end < kSize && !model[gap_end]) ++gap_end;
    const ByteRange found = set.first_gap(from, kSize);
    if (gap == kSize) {
      ASSERT_EQ(found.begin, found.end);
    } else {
      ASSERT_EQ(found, (ByteRange{gap, gap_end}));
    }
    ASSERT_EQ(set.containing(from).end > from, model[from]);
  }
}

}  // namespace
}  // namespace swarmlab::swarmsim
