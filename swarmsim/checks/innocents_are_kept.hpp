// The check `innocents_are_kept`; its statement is the manual in innocents_are_kept.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kInnocentsAreKept;
std::unique_ptr<Check> make_innocents_are_kept(const CheckContext& context);

}  // namespace swarmlab::swarmsim
