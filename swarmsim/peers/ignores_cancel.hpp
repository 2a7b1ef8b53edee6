// The behaviour `ignores_cancel`; what it does is the manual in ignores_cancel.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kIgnoresCancel;
std::unique_ptr<Box> make_ignores_cancel(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
