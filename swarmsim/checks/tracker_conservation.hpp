// The check `tracker_conservation`; its statement is the manual in tracker_conservation.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kTrackerConservation;
std::unique_ptr<Check> make_tracker_conservation(const CheckContext& context);

}  // namespace swarmlab::swarmsim
