#include "swarmsim/expect/expression.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

std::vector<Number> list(std::initializer_list<std::int64_t> values) {
  std::vector<Number> numbers;
  for (const std::int64_t value : values) numbers.push_back(Number::of(value));
  return numbers;
}

std::string of(Aggregate kind, std::vector<Number> numbers, int percent = 50) {
  return number_text(aggregate(kind, percent, std::move(numbers)), Unit::number);
}

TEST(Aggregate, MakesOneNumberOfMany) {
  EXPECT_EQ(of(Aggregate::median, list({9, 1, 5})), "5");
  EXPECT_EQ(of(Aggregate::median, list({9, 1, 5, 4})), "4.5");
  EXPECT_EQ(of(Aggregate::min, list({9, 1, 5})), "1");
  EXPECT_EQ(of(Aggregate::max, list({9, 1, 5})), "9");
  EXPECT_EQ(of(Aggregate::mean, list({1, 2})), "1.5");
  EXPECT_EQ(of(Aggregate::sum, list({1, 2, 3})), "6");
  EXPECT_EQ(of(Aggregate::share, list({1, 0, 1, 1})), "0.75");
}

TEST(Aggregate, TakesPercentilesByNearestRank) {
  std::vector<Number> hundred;
  for (std::int64_t i = 100; i > 0; --i) hundred.push_back(Number::of(i));
  EXPECT_EQ(of(Aggregate::percentile, hundred, 95), "95");
  EXPECT_EQ(of(Aggregate::percentile, hundred, 1), "1");
  EXPECT_EQ(of(Aggregate::percentile, list({10, 20, 30}), 95), "30");
  EXPECT_EQ(of(Aggregate::percentile, list({10, 20, 30}), 34), "20");
}

TEST(Aggregate, IsFairWhereAllHaveTheSame) {
  EXPECT_EQ(of(Aggregate::jain, list({7, 7, 7})), "1");
  EXPECT_EQ(of(Aggregate::jain, list({12, 0, 0, 0})), "0.25");
  EXPECT_EQ(of(Aggregate::jain, list({3, 1})), "0.8");
  const std::int64_t huge = std::int64_t{1} << 60;
  EXPECT_EQ(of(Aggregate::jain, list({3 * huge, huge})), "0.8") << "terabytes and centuries too";
  EXPECT_EQ(of(Aggregate::jain, list({0, 0})), "no number");
  EXPECT_EQ(of(Aggregate::jain, list({-1, 2})), "no number");
}

TEST(Aggregate, PutsWhatNeverHappenedLast) {
  std::vector<Number> numbers = list({3, 1, 2});
  numbers.push_back(Number::never());
  numbers.push_back(Number::of(std::int64_t{4}));
  EXPECT_EQ(of(Aggregate::median, numbers), "3");
  EXPECT_EQ(of(Aggregate::max, numbers), "never");
  EXPECT_EQ(of(Aggregate::mean, numbers), "never");
  EXPECT_EQ(of(Aggregate::jain, numbers), "no number");
}

TEST(Aggregate, OfNothingIsNothing) {
  EXPECT_EQ(of(Aggregate::max, {}), "no number");
  EXPECT_EQ(of(Aggregate::max, {Number(), Number::of(std::int64_t{1})}), "no number");
}

TEST(Compare, SaysNothingWhereOnlyWhatNeverHappenedMakesItTrue) {
  const Number one = Number::of(std::int64_t{1});
  EXPECT_EQ(compare(one, Comparison::less, one), Number::of_truth(false));
  EXPECT_EQ(compare(one, Comparison::at_most, one), Number::of_truth(true));
  EXPECT_EQ(compare(one, Comparison::at_least, one), Number::of_truth(true));
  EXPECT_EQ(compare(one, Comparison::more, one), Number::of_truth(false));
  EXPECT_EQ(compare(one, Comparison::equal, one), Number::of_truth(true));
  EXPECT_EQ(compare(one, Comparison::unequal, one), Number::of_truth(false));
  EXPECT_EQ(compare(Number::never(), Comparison::less, one), Number::of_truth(false));
  EXPECT_TRUE(compare(Number::never(), Comparison::more, one).is_nothing());
  EXPECT_TRUE(compare(one, Comparison::less, Number::never()).is_nothing());
  EXPECT_TRUE(compare(Number(), Comparison::less, one).is_nothing());
}

}  // namespace
}  // namespace swarmlab::swarmsim
