// The behaviour `withheld_piece`; what it does is the manual in withheld_piece.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kWithheldPiece;
std::unique_ptr<Box> make_withheld_piece(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
