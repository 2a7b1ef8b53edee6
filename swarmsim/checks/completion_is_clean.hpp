// The check `completion_is_clean`; its statement is the manual in completion_is_clean.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kCompletionIsClean;
std::unique_ptr<Check> make_completion_is_clean(const CheckContext& context);

}  // namespace swarmlab::swarmsim
