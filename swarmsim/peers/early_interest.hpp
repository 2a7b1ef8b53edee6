// The behaviour `early_interest`; what it does is the manual in early_interest.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kEarlyInterest;
std::unique_ptr<Box> make_early_interest(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
