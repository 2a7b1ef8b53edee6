// The check `seed_fairness`; its statement is the manual in seed_fairness.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kSeedFairness;
std::unique_ptr<Check> make_seed_fairness(const CheckContext& context);

}  // namespace swarmlab::swarmsim
