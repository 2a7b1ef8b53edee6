// The behaviour `serves_while_choking`; what it does is the manual in serves_while_choking.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kServesWhileChoking;
std::unique_ptr<Box> make_serves_while_choking(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
