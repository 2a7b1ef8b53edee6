// The check `survives_fd_limit`; its statement is the manual in survives_fd_limit.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kSurvivesFdLimit;
std::unique_ptr<Check> make_survives_fd_limit(const CheckContext& context);

}  // namespace swarmlab::swarmsim
