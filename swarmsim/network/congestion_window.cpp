#include "swarmsim/network/congestion_window.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {

void CongestionWindow::grow(std::int64_t bytes, std::int32_t acknowledgements) {
  const std::int64_t packets = std::int64_t{acknowledgements} * tcp::kMss;
  if (in_slow_start()) {
    bytes_ += std::min(bytes, packets);
    return;
  }
  credit_ += packets;
  if (credit_ < bytes_) return;
  credit_ -= bytes_;
  bytes_ += tcp::kMss;
}

void CongestionWindow::on_loss(std::int64_t in_flight) {
  threshold_ = std::max<std::int64_t>(in_flight / 2, 2 * tcp::kMss);
  bytes_ = threshold_;
  credit_ = 0;
}

void CongestionWindow::on_timeout(std::int64_t in_flight, bool first) {
  if (first) threshold_ = std::max<std::int64_t>(in_flight / 2, 2 * tcp::kMss);
  bytes_ = tcp::kMss;
  credit_ = 0;
}

void CongestionWindow::on_idle(std::int64_t timeouts) {
  if (bytes_ <= tcp::kInitialWindow) return;
  threshold_ = std::max(threshold_, bytes_ * 3 / 4);
  const int halvings = static_cast<int>(std::min<std::int64_t>(timeouts, 40));
  bytes_ = std::max(bytes_ >> halvings, tcp::kInitialWindow);
  credit_ = 0;
}

}  // namespace swarmlab::swarmsim
