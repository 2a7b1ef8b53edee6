// The check `tiers`; its statement is the manual in tiers.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kTiers;
std::unique_ptr<Check> make_tiers(const CheckContext& context);

}  // namespace swarmlab::swarmsim
