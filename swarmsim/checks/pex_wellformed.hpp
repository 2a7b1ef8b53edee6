// The check `pex_wellformed`; its statement is the manual in pex_wellformed.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kPexWellformed;
std::unique_ptr<Check> make_pex_wellformed(const CheckContext& context);

}  // namespace swarmlab::swarmsim
