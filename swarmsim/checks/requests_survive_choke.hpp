// The check `requests_survive_choke`; its statement is the manual in requests_survive_choke.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kRequestsSurviveChoke;
std::unique_ptr<Check> make_requests_survive_choke(const CheckContext& context);

}  // namespace swarmlab::swarmsim
