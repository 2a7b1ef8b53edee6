// The check `early_state_is_kept`; its statement is the manual in early_state_is_kept.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kEarlyStateIsKept;
std::unique_ptr<Check> make_early_state_is_kept(const CheckContext& context);

}  // namespace swarmlab::swarmsim
