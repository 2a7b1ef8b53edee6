// The check `slots_follow_useful_rate`; its statement is the manual in slots_follow_useful_rate.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kSlotsFollowUsefulRate;
std::unique_ptr<Check> make_slots_follow_useful_rate(const CheckContext& context);

}  // namespace swarmlab::swarmsim
