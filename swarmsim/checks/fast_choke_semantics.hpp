// The check `fast_choke_semantics`; its statement is the manual in fast_choke_semantics.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kFastChokeSemantics;
std::unique_ptr<Check> make_fast_choke_semantics(const CheckContext& context);

}  // namespace swarmlab::swarmsim
