// The check `announced_endpoint_reachable`; its statement is the manual in announced_endpoint_reachable.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kAnnouncedEndpointReachable;
std::unique_ptr<Check> make_announced_endpoint_reachable(const CheckContext& context);

}  // namespace swarmlab::swarmsim
