#include "swarmsim/run/admission.hpp"

#include <algorithm>
#include <numeric>

namespace swarmlab::swarmsim {

Admission::Admission(std::vector<BytesPerSecond> rates, BytesPerSecond room)
    : share_(std::move(rates)), room_(room), waiting_(share_.size()) {
  for (BytesPerSecond& share : share_) share = std::min(share, room);
  std::iota(waiting_.begin(), waiting_.end(), std::size_t{0});
}

std::optional<std::size_t> Admission::next() {
  const auto fits = std::ranges::find_if(waiting_, [this](std::size_t run) { return taken_ + share_[run] <= room_; });
  if (fits == waiting_.end()) return std::nullopt;
  const std::size_t run = *fits;
  waiting_.erase(fits);
  taken_ = taken_ + share_[run];
  return run;
}

}  // namespace swarmlab::swarmsim
