// The check `state_follows_verification`; its statement is the manual in state_follows_verification.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kStateFollowsVerification;
std::unique_ptr<Check> make_state_follows_verification(const CheckContext& context);

}  // namespace swarmlab::swarmsim
