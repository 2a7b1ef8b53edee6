#include "swarmsim/expect/expression.hpp"

#include <algorithm>
#include <bit>

namespace swarmlab::swarmsim {
namespace {

using detail::Int128;

// R. Jain, D. Chiu, W. Hawe 1984: (sum x)^2 / (n * sum x^2); one where all have the same, 1/n where one has all.
Number jain(const std::vector<Number>& list) {
  Int128 largest = 0;
  for (const Number& number : list) {
    if (!number.is_finite() || number.raw() < 0) return {};
    largest = std::max(largest, number.raw());
  }
  // As many bits of the largest as leave room for the square of a sum over them all, in millionths.
  const int bits = 52 - static_cast<int>(std::bit_width(list.size()));
  int shift = 0;
  while (largest >> shift >= Int128{1} << bits) ++shift;
  Int128 sum = 0;
  Int128 squares = 0;
  for (const Number& number : list) {
    const Int128 value = number.raw() >> shift;
    sum += value;
    squares += value * value;
  }
  if (squares == 0) return {};
  return Number::of_millionths(sum * sum * 1'000'000 / (static_cast<Int128>(list.size()) * squares));
}

}  // namespace

std::string_view to_string(Comparison comparison) {
  switch (comparison) {
    case Comparison::less: return "<";
    case Comparison::at_most: return "<=";
    case Comparison::more: return ">";
    case Comparison::at_least: return ">=";
    case Comparison::equal: return "==";
    case Comparison::unequal: return "!=";
  }
  return "";
}

Number compare(const Number& left, Comparison comparison, const Number& right) {
  if (left.is_nothing() || right.is_nothing()) return {};
  const bool is_true = [&] {
    switch (comparison) {
      case Comparison::less: return is_less(left, right);
      case Comparison::at_most: return !is_less(right, left);
      case Comparison::more: return is_less(right, left);
      case Comparison::at_least: return !is_less(left, right);
      case Comparison::equal: return left == right;
      case Comparison::unequal: return left != right;
    }
    return false;
  }();
  if (is_true && !(left.is_finite() && right.is_finite())) return {};
  return Number::of_truth(is_true);
}

Number aggregate(Aggregate kind, int percent, std::vector<Number> list) {
  const auto count = static_cast<std::int64_t>(list.size());
  if (count == 0 || std::ranges::any_of(list, &Number::is_nothing)) return {};
  const auto sum = [&] {
    Number total = Number::of(std::int64_t{0});
    for (const Number& number : list) total = total + number;
    return total;
  };
  const auto part = [](const Number& whole, std::int64_t parts) {
    return quotient(whole, Unit::number, Number::of(parts), Unit::number);
  };
  if (kind == Aggregate::jain) return jain(list);
  if (kind == Aggregate::sum) return sum();
  if (kind == Aggregate::mean || kind == Aggregate::share) return part(sum(), count);
  std::ranges::sort(list, [](const Number& a, const Number& b) { return is_less(a, b); });
  const auto rank = [&](std::int64_t n) { return list[static_cast<std::size_t>(n - 1)]; };   // from 1
  switch (kind) {
    case Aggregate::min: return rank(1);
    case Aggregate::max: return rank(count);
    case Aggregate::median: return count % 2 == 1 ? rank(count / 2 + 1) : part(rank(count / 2) + rank(count / 2 + 1), 2);
    case Aggregate::percentile: return rank(std::max<std::int64_t>(1, (count * percent + 99) / 100));
    case Aggregate::mean:
    case Aggregate::sum:
    case Aggregate::jain:
    case Aggregate::share: break;
  }
  return {};
}

}  // namespace swarmlab::swarmsim
