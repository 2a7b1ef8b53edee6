#include "swarmsim/expect/number.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

Number times(const Number& a, const Number& b) { return product(a, Unit::number, b, Unit::number); }
Number over(const Number& a, const Number& b) { return quotient(a, Unit::number, b, Unit::number); }
const Number kOne = Number::of(std::int64_t{1});
const Number kTwo = Number::of(std::int64_t{2});

TEST(Number, CountsToTheMillionth) {
  EXPECT_EQ(over(kOne, Number::of(std::int64_t{3})).raw(), 333'333);
  EXPECT_EQ(times(over(kOne, kTwo), kTwo), kOne);
  EXPECT_EQ(kOne - kTwo, -kOne);
  EXPECT_EQ(Number::of(Share{250'000}), over(kOne, Number::of(std::int64_t{4})));
}

TEST(Number, KnowsWhatRatesTimesAndSizesMakeOfEachOther) {
  EXPECT_EQ(product(Number::of(BytesPerSecond(1000)), Unit::rate, Number::of(Duration(90s)), Unit::time), Number::of(ByteCount(90'000)));
  EXPECT_EQ(quotient(Number::of(64_MiB), Unit::size, Number::of(BytesPerSecond(1 << 20)), Unit::rate), Number::of(Duration(64s)));
  EXPECT_EQ(quotient(Number::of(64_MiB), Unit::size, Number::of(Duration(64s)), Unit::time), Number::of(BytesPerSecond(1 << 20)));
  EXPECT_EQ(unit_of_product(Unit::rate, Unit::time), Unit::size);
  EXPECT_EQ(unit_of_product(Unit::share, Unit::rate), Unit::rate);
  EXPECT_EQ(unit_of_quotient(Unit::time, Unit::time), Unit::number);
  EXPECT_EQ(unit_of_product(Unit::time, Unit::time), std::nullopt);
  EXPECT_EQ(unit_of_quotient(Unit::rate, Unit::time), std::nullopt);
  EXPECT_EQ(unit_of_quotient(Unit::truth, Unit::number), std::nullopt);
}

TEST(Number, HoldsTheLargestScenarioThereIs) {
  const Number slow = quotient(Number::of(ByteCount(std::int64_t{1} << 40)), Unit::size, Number::of(BytesPerSecond(1000)), Unit::rate);
  EXPECT_EQ(number_text(slow, Unit::time), "305419 h 53 min 47 s") << "a tebibyte at a kilobyte per second";
}

TEST(Number, TakesWhatNeverHappenedForLaterThanEverything) {
  const Number never = Number::never();
  EXPECT_TRUE(is_less(Number::of(Duration(10'000h)), never));
  EXPECT_EQ(never + kOne, never);
  EXPECT_EQ(never - kOne, never);
  EXPECT_EQ(kOne - never, -never);
  EXPECT_EQ(-(-never), never);
  EXPECT_TRUE(is_less(-never, -Number::of(Duration(10'000h))));
  EXPECT_EQ(times(never, -kTwo), -never);
  EXPECT_EQ(over(kOne, never), Number::of(std::int64_t{0}));
  EXPECT_EQ(over(never, -kOne), -never);
}

TEST(Number, IsNothingWhereThereIsNoAnswer) {
  EXPECT_TRUE((Number::never() - Number::never()).is_nothing());
  EXPECT_TRUE(over(kOne, Number::of(std::int64_t{0})).is_nothing());
  EXPECT_TRUE(over(Number::never(), Number::never()).is_nothing());
  EXPECT_TRUE(times(Number::never(), Number::of(std::int64_t{0})).is_nothing());
  EXPECT_TRUE((Number() + kOne).is_nothing());
  EXPECT_TRUE((-Number()).is_nothing());
  Number huge = Number::of(std::int64_t{1'000'000'000});
  for (int i = 0; i < 4; ++i) huge = times(huge, huge);
  EXPECT_TRUE(huge.is_nothing()) << "beyond 128 bits";
}

TEST(Number, IsReadInTheUnitOfWhatItCounts) {
  EXPECT_EQ(number_text(Number::of(Duration(61'234ms)), Unit::time), "61.234 s") << "not rounded to the minute";
  EXPECT_EQ(number_text(Number::of(Duration(2h)), Unit::time), "2 h");
  EXPECT_EQ(number_text(-Number::of(Duration(20ms)), Unit::time), "-20 ms");
  EXPECT_EQ(number_text(Number::of(1536_KiB), Unit::size), "1.5 MiB");
  EXPECT_EQ(number_text(-Number::of(1_KiB), Unit::size), "-1 KiB");
  EXPECT_EQ(number_text(Number::of(BytesPerSecond(500'000)), Unit::rate), "4 Mbit/s");
  EXPECT_EQ(number_text(Number::of(Share{987'600}), Unit::share), "98.76 %");
  EXPECT_EQ(number_text(Number::of(Share{987'600}), Unit::number), "0.988");
  EXPECT_EQ(number_text(Number::never(), Unit::time), "never");
  EXPECT_EQ(number_text(Number(), Unit::time), "no number");
}

}  // namespace
}  // namespace swarmlab::swarmsim
