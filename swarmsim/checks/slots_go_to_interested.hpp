// The check `slots_go_to_interested`; its statement is the manual in slots_go_to_interested.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kSlotsGoToInterested;
std::unique_ptr<Check> make_slots_go_to_interested(const CheckContext& context);

}  // namespace swarmlab::swarmsim
