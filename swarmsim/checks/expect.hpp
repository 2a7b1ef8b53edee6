// Check `expect`: what the scenario itself says about metrics.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kExpect;
std::unique_ptr<Check> make_expect(const CheckContext& context);

}  // namespace swarmlab::swarmsim
