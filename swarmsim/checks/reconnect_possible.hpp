// The check `reconnect_possible`; its statement is the manual in reconnect_possible.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kReconnectPossible;
std::unique_ptr<Check> make_reconnect_possible(const CheckContext& context);

}  // namespace swarmlab::swarmsim
