// The behaviour `duplicate_blocks`; what it does is the manual in duplicate_blocks.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kDuplicateBlocks;
std::unique_ptr<Box> make_duplicate_blocks(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
