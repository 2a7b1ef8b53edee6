// The check `optimistic_tenure`; its statement is the manual in optimistic_tenure.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kOptimisticTenure;
std::unique_ptr<Check> make_optimistic_tenure(const CheckContext& context);

}  // namespace swarmlab::swarmsim
