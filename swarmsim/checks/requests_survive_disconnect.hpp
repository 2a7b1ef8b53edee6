// The check `requests_survive_disconnect`; its statement is the manual in requests_survive_disconnect.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kRequestsSurviveDisconnect;
std::unique_ptr<Check> make_requests_survive_disconnect(const CheckContext& context);

}  // namespace swarmlab::swarmsim
