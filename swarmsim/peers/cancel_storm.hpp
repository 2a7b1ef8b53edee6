// The behaviour `cancel_storm`; what it does is the manual in cancel_storm.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kCancelStorm;
std::unique_ptr<Box> make_cancel_storm(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
