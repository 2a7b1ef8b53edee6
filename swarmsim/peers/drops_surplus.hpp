// The behaviour `drops_surplus`; what it does is the manual in drops_surplus.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kDropsSurplus;
std::unique_ptr<Box> make_drops_surplus(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
