// The behaviour `slow_trickle`; what it does is the manual in slow_trickle.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kSlowTrickle;
std::unique_ptr<Box> make_slow_trickle(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
