// The check `two_seeds_cooperate`; its statement is the manual in two_seeds_cooperate.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kTwoSeedsCooperate;
std::unique_ptr<Check> make_two_seeds_cooperate(const CheckContext& context);

}  // namespace swarmlab::swarmsim
