// The check `have_is_final`; its statement is the manual in have_is_final.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kHaveIsFinal;
std::unique_ptr<Check> make_have_is_final(const CheckContext& context);

}  // namespace swarmlab::swarmsim
