// The check `interest_is_true`; its statement is the manual in interest_is_true.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kInterestIsTrue;
std::unique_ptr<Check> make_interest_is_true(const CheckContext& context);

}  // namespace swarmlab::swarmsim
