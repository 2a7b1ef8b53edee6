// The check `liveness`; its statement is the manual in liveness.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kLiveness;
std::unique_ptr<Check> make_liveness(const CheckContext& context);

}  // namespace swarmlab::swarmsim
