// The check `udp_tracker_retry`; its statement is the manual in udp_tracker_retry.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kUdpTrackerRetry;
std::unique_ptr<Check> make_udp_tracker_retry(const CheckContext& context);

}  // namespace swarmlab::swarmsim
