// CongestionWindow: how much TCP may have on its way (RFC 5681, "NewReno").
//
// Counted in bytes.  Growth counts acknowledgements, each standing for two packets (delayed ACK), so an
// unhindered window grows by half per round trip in slow start and by half a packet per round trip after it.
#pragma once

#include <cstdint>

#include "swarmsim/network/tcp_parameters.hpp"

namespace swarmlab::swarmsim {

class CongestionWindow {
 public:
  std::int64_t bytes() const { return bytes_; }
  std::int64_t threshold() const { return threshold_; }
  bool in_slow_start() const { return bytes_ < threshold_; }

  // `acknowledgements` arrived, or one that stands for so many; together they acknowledged `bytes`.
  void grow(std::int64_t bytes, std::int32_t acknowledgements);
  // A loss was found while `in_flight` bytes were on their way.
  void on_loss(std::int64_t in_flight);
  // The retransmission timer fired; `first` unless it is a repetition for the same data.
  void on_timeout(std::int64_t in_flight, bool first);
  // Nothing was sent for `timeouts` retransmission timeouts (RFC 2861): an old window says little.
  void on_idle(std::int64_t timeouts);

 private:
  std::int64_t bytes_ = tcp::kInitialWindow;
  std::int64_t threshold_ = std::int64_t{1} << 40;
  std::int64_t credit_ = 0;   // congestion avoidance: acknowledged packets x MSS towards the next increase
};

}  // namespace swarmlab::swarmsim
