// The check `bans`; its statement is the manual in bans.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kBans;
std::unique_ptr<Check> make_bans(const CheckContext& context);

}  // namespace swarmlab::swarmsim
