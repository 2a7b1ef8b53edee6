// The behaviour `allows_fast`; what it does is the manual in allows_fast.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kAllowsFast;
std::unique_ptr<Box> make_allows_fast(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
