// The check `keepalive`; its statement is the manual in keepalive.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kKeepalive;
std::unique_ptr<Check> make_keepalive(const CheckContext& context);

}  // namespace swarmlab::swarmsim
