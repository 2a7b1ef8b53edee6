// The behaviour `rejects_everything`; what it does is the manual in rejects_everything.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kRejectsEverything;
std::unique_ptr<Box> make_rejects_everything(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
