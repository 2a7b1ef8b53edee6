// The check `requests_are_answered_once`; its statement is the manual in requests_are_answered_once.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kRequestsAreAnsweredOnce;
std::unique_ptr<Check> make_requests_are_answered_once(const CheckContext& context);

}  // namespace swarmlab::swarmsim
