// Quantities with their units: bytes, rates, times.
//
// Sizes and offsets are ByteCount (signed 64 bit, so that differences are safe), rates are
// BytesPerSecond, times are integer nanoseconds (Duration) since the start of a run (Time).
// Only arithmetic that makes sense compiles: bytes / rate = duration, rate * duration = bytes;
// both are exact in 128 bits and round towards zero.  No floating point: a sim run must give
// the same numbers on every machine.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

namespace swarmlab {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

using Duration = std::chrono::nanoseconds;

// The clock of a run: virtual in swarmsim, monotonic in the real programs.  It has no now() on
// purpose: time is asked of runtime::Clock, or passed in.
struct RunClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<RunClock>;
  static constexpr bool is_steady = true;
};
using Time = RunClock::time_point;
inline constexpr Time kStart{};
inline constexpr Time kNever = Time::max();

class ByteCount {
 public:
  constexpr ByteCount() = default;
  constexpr explicit ByteCount(std::int64_t bytes) : bytes_(bytes) {}
  static constexpr ByteCount of(Bytes data) { return from_size(data.size()); }
  static constexpr ByteCount from_size(std::size_t size) {
    return ByteCount(static_cast<std::int64_t>(size));
  }

  constexpr std::int64_t value() const { return bytes_; }
  constexpr std::size_t size() const { return static_cast<std::size_t>(bytes_); }

  friend constexpr auto operator<=>(ByteCount, ByteCount) = default;
  constexpr ByteCount& operator+=(ByteCount other) { bytes_ += other.bytes_; return *this; }
  constexpr ByteCount& operator-=(ByteCount other) { bytes_ -= other.bytes_; return *this; }
  friend constexpr ByteCount operator+(ByteCount a, ByteCount b) { return ByteCount(a.bytes_ + b.bytes_); }
  friend constexpr ByteCount operator-(ByteCount a, ByteCount b) { return ByteCount(a.bytes_ - b.bytes_); }
  friend constexpr ByteCount operator*(ByteCount a, std::int64_t n) { return ByteCount(a.bytes_ * n); }
  friend constexpr ByteCount operator*(std::int64_t n, ByteCount a) { return a * n; }
  friend constexpr std::int64_t operator/(ByteCount a, ByteCount b) { return a.bytes_ / b.bytes_; }
  friend constexpr ByteCount operator/(ByteCount a, std::int64_t n) { return ByteCount(a.bytes_ / n); }
  friend constexpr ByteCount operator%(ByteCount a, ByteCount b) { return ByteCount(a.bytes_ % b.bytes_); }

 private:
  std::int64_t bytes_ = 0;
};

class BytesPerSecond {
 public:
  constexpr BytesPerSecond() = default;
  constexpr explicit BytesPerSecond(std::int64_t rate) : rate_(rate) {}
  constexpr std::int64_t value() const { return rate_; }

  friend constexpr auto operator<=>(BytesPerSecond, BytesPerSecond) = default;
  friend constexpr BytesPerSecond operator+(BytesPerSecond a, BytesPerSecond b) { return BytesPerSecond(a.rate_ + b.rate_); }
  friend constexpr BytesPerSecond operator-(BytesPerSecond a, BytesPerSecond b) { return BytesPerSecond(a.rate_ - b.rate_); }

 private:
  std::int64_t rate_ = 0;
};

namespace detail {
__extension__ using Int128 = __int128;
inline constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
}  // namespace detail

constexpr ByteCount operator*(BytesPerSecond rate, Duration time) {
  return ByteCount(static_cast<std::int64_t>(detail::Int128{rate.value()} * time.count() /
                                             detail::kNanosecondsPerSecond));
}
constexpr ByteCount operator*(Duration time, BytesPerSecond rate) { return rate * time; }

// How long `bytes` take at `rate`.  Requires rate > 0.
constexpr Duration operator/(ByteCount bytes, BytesPerSecond rate) {
  return Duration(static_cast<std::int64_t>(
      detail::Int128{bytes.value()} * detail::kNanosecondsPerSecond / rate.value()));
}
// Requires time > 0.
constexpr BytesPerSecond operator/(ByteCount bytes, Duration time) {
  return BytesPerSecond(static_cast<std::int64_t>(
      detail::Int128{bytes.value()} * detail::kNanosecondsPerSecond / time.count()));
}

inline namespace literals {
constexpr ByteCount operator""_B(unsigned long long n) { return ByteCount(static_cast<std::int64_t>(n)); }
constexpr ByteCount operator""_KiB(unsigned long long n) { return ByteCount(static_cast<std::int64_t>(n) << 10); }
constexpr ByteCount operator""_MiB(unsigned long long n) { return ByteCount(static_cast<std::int64_t>(n) << 20); }
constexpr ByteCount operator""_GiB(unsigned long long n) { return ByteCount(static_cast<std::int64_t>(n) << 30); }
}  // namespace literals

using namespace std::chrono_literals;  // NOLINT: durations are written 10s, 20ms everywhere

}  // namespace swarmlab
