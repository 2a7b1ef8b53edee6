// The check `rarest_first`; its statement is the manual in rarest_first.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kRarestFirst;
std::unique_ptr<Check> make_rarest_first(const CheckContext& context);

}  // namespace swarmlab::swarmsim
