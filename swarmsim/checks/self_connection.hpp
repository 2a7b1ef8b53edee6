// The check `self_connection`; its statement is the manual in self_connection.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kSelfConnection;
std::unique_ptr<Check> make_self_connection(const CheckContext& context);

}  // namespace swarmlab::swarmsim
