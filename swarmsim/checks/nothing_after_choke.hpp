// The check `nothing_after_choke`; its statement is the manual in nothing_after_choke.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kNothingAfterChoke;
std::unique_ptr<Check> make_nothing_after_choke(const CheckContext& context);

}  // namespace swarmlab::swarmsim
