// The behaviour `disconnect_in_piece`; what it does is the manual in disconnect_in_piece.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kDisconnectInPiece;
std::unique_ptr<Box> make_disconnect_in_piece(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
