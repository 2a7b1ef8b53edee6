// The check `lost_pieces_are_served`; its statement is the manual in lost_pieces_are_served.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kLostPiecesAreServed;
std::unique_ptr<Check> make_lost_pieces_are_served(const CheckContext& context);

}  // namespace swarmlab::swarmsim
