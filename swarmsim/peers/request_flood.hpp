// The behaviour `request_flood`; what it does is the manual in request_flood.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kRequestFlood;
std::unique_ptr<Box> make_request_flood(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
