// RoundTripEstimator: smoothed round-trip time and retransmission timeout (RFC 6298).
//
// Every acknowledgement echoes the time its segment was sent (RFC 7323), so that retransmissions give valid
// samples too and Karn's rule is not needed.
#pragma once

#include <optional>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

class RoundTripEstimator {
 public:
  void add_sample(Duration round_trip);
  std::optional<Duration> smoothed() const;
  // The timeout before any backing off.
  Duration timeout() const;

 private:
  Duration smoothed_{-1};   // negative: no sample yet
  Duration variation_{};
};

}  // namespace swarmlab::swarmsim
