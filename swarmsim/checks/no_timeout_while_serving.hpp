// The check `no_timeout_while_serving`; its statement is the manual in no_timeout_while_serving.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kNoTimeoutWhileServing;
std::unique_ptr<Check> make_no_timeout_while_serving(const CheckContext& context);

}  // namespace swarmlab::swarmsim
