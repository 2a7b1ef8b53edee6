// The check `restart_is_honest`; its statement is the manual in restart_is_honest.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kRestartIsHonest;
std::unique_ptr<Check> make_restart_is_honest(const CheckContext& context);

}  // namespace swarmlab::swarmsim
