#include "swarmsim/network/round_trip_estimator.hpp"

#include <algorithm>

#include "swarmsim/network/tcp_parameters.hpp"

namespace swarmlab::swarmsim {

void RoundTripEstimator::add_sample(Duration round_trip) {
  if (smoothed_ < Duration{0}) {
    smoothed_ = round_trip;
    variation_ = round_trip / 2;
    return;
  }
  const Duration error = round_trip - smoothed_;
  variation_ += ((error < Duration{0} ? -error : error) - variation_) / 4;
  smoothed_ += error / 8;
}

std::optional<Duration> RoundTripEstimator::smoothed() const {
  if (smoothed_ < Duration{0}) return std::nullopt;
  return smoothed_;
}

Duration RoundTripEstimator::timeout() const {
  if (smoothed_ < Duration{0}) return tcp::kInitialRto;
  return std::min(smoothed_ + std::max(tcp::kMinimumRtoMargin, 4 * variation_), tcp::kMaximumRto);
}

}  // namespace swarmlab::swarmsim
