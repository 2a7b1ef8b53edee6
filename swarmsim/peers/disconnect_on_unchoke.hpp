// The behaviour `disconnect_on_unchoke`; what it does is the manual in disconnect_on_unchoke.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kDisconnectOnUnchoke;
std::unique_ptr<Box> make_disconnect_on_unchoke(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
