// The check `request_bounds`; its statement is the manual in request_bounds.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kRequestBounds;
std::unique_ptr<Check> make_request_bounds(const CheckContext& context);

}  // namespace swarmlab::swarmsim
