// Number: what expectations count with: the same on every machine, and total.
//
// Fixed point: millionths of a base unit (nanosecond, byte, byte per second, one) in 128 bits; products and quotients
// are cut off towards zero.  What did not happen in a run is `never`, later than everything.  What has no answer
// (never - never, a division by zero, more than 128 bits hold) is `nothing`, and so is all that is made from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/quantities.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

// What a number counts.  A share is a number that people read in percent.
enum class Unit : std::uint8_t { number, share, time, size, rate, truth };
// "a time"
std::string_view to_string(Unit unit);
// Whether the two may be added and compared.
bool are_alike(Unit a, Unit b);
// nullopt where it would mean nothing here: a time times a time.
std::optional<Unit> unit_of_product(Unit a, Unit b);
std::optional<Unit> unit_of_quotient(Unit a, Unit b);

class Number {
 public:
  constexpr Number() = default;   // nothing
  static constexpr Number never() { return Number(Kind::never, 0); }
  static Number of(std::int64_t count);
  static Number of(Duration time) { return of(std::int64_t{time.count()}); }
  static Number of(ByteCount size) { return of(size.value()); }
  static Number of(BytesPerSecond rate) { return of(rate.value()); }
  static Number of(Share share);
  static Number of_truth(bool is_true) { return of(std::int64_t{is_true ? 1 : 0}); }

  bool is_finite() const { return kind_ == Kind::finite; }
  bool is_nothing() const { return kind_ == Kind::nothing; }
  bool is_zero() const { return is_finite() && value_ == 0; }
  bool is_never() const { return kind_ == Kind::never; }

  Number operator-() const;
  Number operator+(const Number& other) const;
  Number operator-(const Number& other) const { return *this + -other; }
  friend Number product(const Number& a, Unit of_a, const Number& b, Unit of_b);
  friend Number quotient(const Number& a, Unit of_a, const Number& b, Unit of_b);

  // Whether a < b.  Nothing is behind everything, so that lists have an order.
  friend bool is_less(const Number& a, const Number& b);
  friend bool operator==(const Number&, const Number&) = default;

  // In millionths; 0 unless it is finite.
  detail::Int128 raw() const { return value_; }
  static Number of_millionths(detail::Int128 millionths);

 private:
  enum class Kind : std::uint8_t { before_all, finite, never, nothing };
  constexpr Number(Kind kind, detail::Int128 value) : kind_(kind), value_(value) {}

  Kind kind_ = Kind::nothing;
  detail::Int128 value_ = 0;   // millionths; 0 unless finite
};

// "41.213 s", "1.5 MiB", "4 Mbit/s", "0.987", "95 %", "never".
std::string number_text(const Number& number, Unit unit);

}  // namespace swarmlab::swarmsim
