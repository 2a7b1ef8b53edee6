#include "client/rate_meter.hpp"

#include <algorithm>
#include <array>

#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace {

constexpr std::int64_t kBuckets = 20;
constexpr std::int64_t kBucketsSpannedAtLeast = kBuckets / 4;

}  // namespace

// The bucket of number n (time / bucket length) stands at n % kBuckets.  Buckets older than
// `newest - kBuckets + 1` are not in the window; those after `newest` hold zero.
struct RateMeter::Window {
  std::array<std::int64_t, kBuckets> bytes{};
  std::int64_t newest = 0;
  Time since;   // first byte after silence
};

RateMeter::RateMeter(Duration window) : bucket_(window / kBuckets) {
  SWARM_ASSERT(bucket_.count() > 0, window.count());
}
RateMeter::RateMeter(RateMeter&&) noexcept = default;
RateMeter& RateMeter::operator=(RateMeter&&) noexcept = default;
RateMeter::~RateMeter() = default;

void RateMeter::add(Time now, ByteCount bytes) {
  if (bytes.value() == 0) return;
  total_ += bytes;
  const std::int64_t number = now.time_since_epoch() / bucket_;
  rest(now);
  if (window_ == nullptr) {
    window_ = std::make_unique<Window>();
    window_->newest = number;
    window_->since = now;
  }
  SWARM_ASSERT(number >= window_->newest, number, window_->newest);
  for (; window_->newest < number; ++window_->newest) {
    window_->bytes[static_cast<std::size_t>((window_->newest + 1) % kBuckets)] = 0;
  }
  window_->bytes[static_cast<std::size_t>(number % kBuckets)] += bytes.value();
}

BytesPerSecond RateMeter::rate(Time now) const {
  if (window_ == nullptr) return {};
  const std::int64_t number = now.time_since_epoch() / bucket_;
  const std::int64_t oldest = number - kBuckets + 1;
  std::int64_t sum = 0;
  for (std::int64_t n = std::max(oldest, window_->newest - kBuckets + 1); n <= window_->newest; ++n) {
    if (n >= 0) sum += window_->bytes[static_cast<std::size_t>(n % kBuckets)];
  }
  const Time window_begin{oldest * bucket_};
  const Duration span = now - std::max(window_begin, window_->since);
  return ByteCount(sum) / std::max(span, kBucketsSpannedAtLeast * bucket_);
}

void RateMeter::rest(Time now) {
  if (window_ == nullptr) return;
  if (now.time_since_epoch() / bucket_ - window_->newest >= kBuckets) window_.reset();
}

}  // namespace swarmlab::client
