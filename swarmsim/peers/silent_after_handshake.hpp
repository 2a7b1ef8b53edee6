// The behaviour `silent_after_handshake`; what it does is the manual in silent_after_handshake.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kSilentAfterHandshake;
std::unique_ptr<Box> make_silent_after_handshake(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
