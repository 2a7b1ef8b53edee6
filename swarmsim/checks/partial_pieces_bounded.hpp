// The check `partial_pieces_bounded`; its statement is the manual in partial_pieces_bounded.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kPartialPiecesBounded;
std::unique_ptr<Check> make_partial_pieces_bounded(const CheckContext& context);

}  // namespace swarmlab::swarmsim
