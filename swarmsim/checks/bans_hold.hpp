// The check `bans_hold`; its statement is the manual in bans_hold.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kBansHold;
std::unique_ptr<Check> make_bans_hold(const CheckContext& context);

}  // namespace swarmlab::swarmsim
