// The check `have_follows_verification`; its statement is the manual in have_follows_verification.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kHaveFollowsVerification;
std::unique_ptr<Check> make_have_follows_verification(const CheckContext& context);

}  // namespace swarmlab::swarmsim
