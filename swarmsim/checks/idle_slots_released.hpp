// The check `idle_slots_released`; its statement is the manual in idle_slots_released.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kIdleSlotsReleased;
std::unique_ptr<Check> make_idle_slots_released(const CheckContext& context);

}  // namespace swarmlab::swarmsim
