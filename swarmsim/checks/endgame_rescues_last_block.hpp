// The check `endgame_rescues_last_block`; its statement is the manual in endgame_rescues_last_block.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kEndgameRescuesLastBlock;
std::unique_ptr<Check> make_endgame_rescues_last_block(const CheckContext& context);

}  // namespace swarmlab::swarmsim
