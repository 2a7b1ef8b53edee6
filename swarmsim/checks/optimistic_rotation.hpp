// The check `optimistic_rotation`; its statement is the manual in optimistic_rotation.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kOptimisticRotation;
std::unique_ptr<Check> make_optimistic_rotation(const CheckContext& context);

}  // namespace swarmlab::swarmsim
