// The behaviour `ignores_choke`; what it does is the manual in ignores_choke.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kIgnoresChoke;
std::unique_ptr<Box> make_ignores_choke(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
