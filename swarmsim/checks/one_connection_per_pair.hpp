// The check `one_connection_per_pair`; its statement is the manual in one_connection_per_pair.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kOneConnectionPerPair;
std::unique_ptr<Check> make_one_connection_per_pair(const CheckContext& context);

}  // namespace swarmlab::swarmsim
