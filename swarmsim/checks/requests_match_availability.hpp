// The check `requests_match_availability`; its statement is the manual in requests_match_availability.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kRequestsMatchAvailability;
std::unique_ptr<Check> make_requests_match_availability(const CheckContext& context);

}  // namespace swarmlab::swarmsim
