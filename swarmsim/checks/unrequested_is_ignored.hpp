// The check `unrequested_is_ignored`; its statement is the manual in unrequested_is_ignored.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kUnrequestedIsIgnored;
std::unique_ptr<Check> make_unrequested_is_ignored(const CheckContext& context);

}  // namespace swarmlab::swarmsim
