// The check `completes`; its statement is the manual in completes.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kCompletes;
std::unique_ptr<Check> make_completes(const CheckContext& context);

}  // namespace swarmlab::swarmsim
