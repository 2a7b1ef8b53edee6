// The check `late_blocks_forgiven`; its statement is the manual in late_blocks_forgiven.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kLateBlocksForgiven;
std::unique_ptr<Check> make_late_blocks_forgiven(const CheckContext& context);

}  // namespace swarmlab::swarmsim
