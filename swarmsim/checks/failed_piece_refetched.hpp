// The check `failed_piece_refetched`; its statement is the manual in failed_piece_refetched.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kFailedPieceRefetched;
std::unique_ptr<Check> make_failed_piece_refetched(const CheckContext& context);

}  // namespace swarmlab::swarmsim
