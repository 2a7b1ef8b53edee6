#include "swarmsim/expect/number.hpp"

#include <fmt/format.h>

namespace swarmlab::swarmsim {
namespace {

using detail::Int128;

constexpr Int128 kScale = 1'000'000;
constexpr Int128 kNanoseconds = detail::kNanosecondsPerSecond;
// Beyond this a number is nothing: sums of two never leave the type.
constexpr Int128 kMost = Int128{1} << 120;

Int128 magnitude(Int128 n) { return n < 0 ? -n : n; }

// a * b * multiplier / divisor; nullopt where it cannot be held on the way.
std::optional<Int128> scaled(Int128 a, Int128 b, Int128 multiplier, Int128 divisor) {
  for (const Int128 factor : {b, multiplier}) {
    if (factor != 0 && magnitude(a) > kMost / magnitude(factor)) return std::nullopt;
    a *= factor;
  }
  return a / divisor;
}

std::string decimal(Int128 millionths) {
  const bool is_negative = millionths < 0;
  const Int128 thousandths = (magnitude(millionths) + 500) / 1000;
  std::string text = fmt::format("{}{}.{:03}", is_negative && thousandths != 0 ? "-" : "", static_cast<std::int64_t>(thousandths / 1000),
                                 static_cast<std::int64_t>(thousandths % 1000));
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

// To the millisecond: a minute's rounding would make a measured value look like its bar.
std::string time_text(Int128 nanoseconds) {
  constexpr Int128 kHour = 3600 * kNanoseconds;
  if (magnitude(nanoseconds) < kNanoseconds || magnitude(nanoseconds) >= kHour)
    return to_text(Duration(static_cast<std::int64_t>(nanoseconds)));
  return decimal(nanoseconds * kScale / kNanoseconds) + " s";
}

}  // namespace

std::string_view to_string(Unit unit) {
  switch (unit) {
    case Unit::number: return "a number";
    case Unit::share: return "a share";
    case Unit::time: return "a time";
    case Unit::size: return "a size";
    case Unit::rate: return "a rate";
    case Unit::truth: return "a comparison";
  }
  return "";
}

bool are_alike(Unit a, Unit b) {
  const auto is_plain = [](Unit unit) { return unit == Unit::number || unit == Unit::share; };
  return a == b || (is_plain(a) && is_plain(b));
}

std::optional<Unit> unit_of_product(Unit a, Unit b) {
  if (a == Unit::truth || b == Unit::truth) return std::nullopt;
  if (are_alike(a, Unit::number)) return a == Unit::share && b == Unit::number ? Unit::number : b;
  if (are_alike(b, Unit::number)) return a;
  if ((a == Unit::rate && b == Unit::time) || (a == Unit::time && b == Unit::rate)) return Unit::size;
  return std::nullopt;
}

std::optional<Unit> unit_of_quotient(Unit a, Unit b) {
  if (a == Unit::truth || b == Unit::truth) return std::nullopt;
  if (are_alike(a, b)) return Unit::number;
  if (are_alike(b, Unit::number)) return a;
  if (a == Unit::size && b == Unit::time) return Unit::rate;
  if (a == Unit::size && b == Unit::rate) return Unit::time;
  return std::nullopt;
}

Number Number::of_millionths(Int128 millionths) {
  return magnitude(millionths) > kMost ? Number() : Number(Kind::finite, millionths);
}

Number Number::of(std::int64_t count) { return of_millionths(Int128{count} * kScale); }
Number Number::of(Share share) { return of_millionths(Int128{share.millionths}); }

Number Number::operator-() const {
  switch (kind_) {
    case Kind::before_all: return never();
    case Kind::never: return Number(Kind::before_all, 0);
    case Kind::finite: return Number(Kind::finite, -value_);
    case Kind::nothing: break;
  }
  return {};
}

Number Number::operator+(const Number& other) const {
  if (is_nothing() || other.is_nothing()) return {};
  if (is_finite() && other.is_finite()) return of_millionths(value_ + other.value_);
  if (is_finite()) return other;
  if (other.is_finite() || kind_ == other.kind_) return *this;
  return {};
}

Number product(const Number& a, Unit of_a, const Number& b, Unit of_b) {
  if (a.is_nothing() || b.is_nothing()) return {};
  if (!a.is_finite() || !b.is_finite()) {
    if (a.is_zero() || b.is_zero()) return {};
    const auto is_below = [](const Number& n) { return n.is_finite() ? n.value_ < 0 : n.kind_ == Number::Kind::before_all; };
    return is_below(a) == is_below(b) ? Number::never() : -Number::never();
  }
  const bool makes_size = (of_a == Unit::rate && of_b == Unit::time) || (of_a == Unit::time && of_b == Unit::rate);
  const auto value = scaled(a.value_, b.value_, 1, makes_size ? kScale * kNanoseconds : kScale);
  return value ? Number::of_millionths(*value) : Number();
}

Number quotient(const Number& a, Unit of_a, const Number& b, Unit of_b) {
  if (a.is_nothing() || b.is_nothing() || b.is_zero()) return {};
  if (!b.is_finite()) return a.is_finite() ? Number::of(std::int64_t{0}) : Number();
  if (!a.is_finite()) return b.value_ < 0 ? -a : a;
  const bool has_seconds = of_a == Unit::size && (of_b == Unit::time || of_b == Unit::rate);
  const auto value = scaled(a.value_, kScale, has_seconds ? kNanoseconds : 1, b.value_);
  return value ? Number::of_millionths(*value) : Number();
}

bool is_less(const Number& a, const Number& b) { return a.kind_ != b.kind_ ? a.kind_ < b.kind_ : a.value_ < b.value_; }

std::string number_text(const Number& number, Unit unit) {
  if (number.is_never()) return "never";
  if (number.is_nothing()) return "no number";
  if (!number.is_finite()) return "before everything";
  const Int128 millionths = number.raw();
  const Int128 whole = millionths / kScale;
  switch (unit) {
    case Unit::number: return decimal(millionths);
    case Unit::share: return decimal(millionths * 100) + " %";
    case Unit::time: return time_text(whole);
    case Unit::size:
      return (whole < 0 ? "-" : "") + to_text(ByteCount(static_cast<std::int64_t>(magnitude(whole))));
    case Unit::rate:
      return (whole < 0 ? "-" : "") + to_text(BytesPerSecond(static_cast<std::int64_t>(magnitude(whole))));
    case Unit::truth: return whole != 0 ? "true" : "false";
  }
  return "";
}

}  // namespace swarmlab::swarmsim
