// The behaviour `unrequested_blocks`; what it does is the manual in unrequested_blocks.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kUnrequestedBlocks;
std::unique_ptr<Box> make_unrequested_blocks(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
