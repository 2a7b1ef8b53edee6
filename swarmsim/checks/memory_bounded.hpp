// The check `memory_bounded`; its statement is the manual in memory_bounded.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kMemoryBounded;
std::unique_ptr<Check> make_memory_bounded(const CheckContext& context);

}  // namespace swarmlab::swarmsim
