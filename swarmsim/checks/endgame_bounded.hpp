// The check `endgame_bounded`; its statement is the manual in endgame_bounded.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kEndgameBounded;
std::unique_ptr<Check> make_endgame_bounded(const CheckContext& context);

}  // namespace swarmlab::swarmsim
