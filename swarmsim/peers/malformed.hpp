// The behaviour `malformed`; what it does is the manual in malformed.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kMalformed;
std::unique_ptr<Box> make_malformed(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
