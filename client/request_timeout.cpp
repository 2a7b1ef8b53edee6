#include "client/request_timeout.hpp"

#include <algorithm>

#include "protocol/piece_geometry.hpp"

namespace swarmlab::client {
namespace {

constexpr BytesPerSecond kUnmeasured{8 * 1024};
constexpr int kDeviations = 4;

}  // namespace

void RequestTimeout::answered(Duration gap, BytesPerSecond rate) {
  rate_ = rate;
  if (!is_measured_) {
    is_measured_ = true;
    mean_ = gap;
    deviation_ = gap / 2;
    return;
  }
  const Duration off = gap > mean_ ? gap - mean_ : mean_ - gap;
  deviation_ += (off - deviation_) / 4;
  mean_ += (gap - mean_) / 8;
}

Duration RequestTimeout::late_after(std::uint32_t owed) const {
  if (limits_.factor == 0) return limits_.cap;
  const BytesPerSecond rate = is_measured_ ? std::max(rate_, BytesPerSecond(1)) : kUnmeasured;
  const Duration queue = (protocol::kBlockBytes * std::int64_t{owed}) / rate;
  const Duration expected = queue * limits_.factor + mean_ + deviation_ * kDeviations;
  return std::min(std::max(expected, limits_.floor), limits_.cap);
}

}  // namespace swarmlab::client
