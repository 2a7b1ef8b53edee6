// The behaviour `tar_pit`; what it does is the manual in tar_pit.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kTarPit;
std::unique_ptr<Box> make_tar_pit(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
