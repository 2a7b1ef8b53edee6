// The behaviour `corrupt_blocks`; what it does is the manual in corrupt_blocks.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kCorruptBlocks;
std::unique_ptr<Box> make_corrupt_blocks(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
