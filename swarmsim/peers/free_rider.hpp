// The behaviour `free_rider`; what it does is the manual in free_rider.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kFreeRider;
std::unique_ptr<Box> make_free_rider(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
