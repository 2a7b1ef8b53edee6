// The check `fast_only_if_negotiated`; its statement is the manual in fast_only_if_negotiated.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kFastOnlyIfNegotiated;
std::unique_ptr<Check> make_fast_only_if_negotiated(const CheckContext& context);

}  // namespace swarmlab::swarmsim
