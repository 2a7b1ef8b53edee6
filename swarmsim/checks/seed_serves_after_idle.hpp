// The check `seed_serves_after_idle`; its statement is the manual in seed_serves_after_idle.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kSeedServesAfterIdle;
std::unique_ptr<Check> make_seed_serves_after_idle(const CheckContext& context);

}  // namespace swarmlab::swarmsim
