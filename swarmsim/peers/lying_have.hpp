// The behaviour `lying_have`; what it does is the manual in lying_have.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kLyingHave;
std::unique_ptr<Box> make_lying_have(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
