// The check `interest_follows_selection`; its statement is the manual in interest_follows_selection.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kInterestFollowsSelection;
std::unique_ptr<Check> make_interest_follows_selection(const CheckContext& context);

}  // namespace swarmlab::swarmsim
