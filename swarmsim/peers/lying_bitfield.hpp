// The behaviour `lying_bitfield`; what it does is the manual in lying_bitfield.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kLyingBitfield;
std::unique_ptr<Box> make_lying_bitfield(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
