// The check `writes_stay_inside`; its statement is the manual in writes_stay_inside.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kWritesStayInside;
std::unique_ptr<Check> make_writes_stay_inside(const CheckContext& context);

}  // namespace swarmlab::swarmsim
