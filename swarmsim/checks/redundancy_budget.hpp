// The check `redundancy_budget`; its statement is the manual in redundancy_budget.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kRedundancyBudget;
std::unique_ptr<Check> make_redundancy_budget(const CheckContext& context);

}  // namespace swarmlab::swarmsim
