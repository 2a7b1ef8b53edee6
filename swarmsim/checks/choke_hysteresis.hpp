// The check `choke_hysteresis`; its statement is the manual in choke_hysteresis.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kChokeHysteresis;
std::unique_ptr<Check> make_choke_hysteresis(const CheckContext& context);

}  // namespace swarmlab::swarmsim
