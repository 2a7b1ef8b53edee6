// The check `honest_swarm_never_fails_hash`; its statement is the manual in honest_swarm_never_fails_hash.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kHonestSwarmNeverFailsHash;
std::unique_ptr<Check> make_honest_swarm_never_fails_hash(const CheckContext& context);

}  // namespace swarmlab::swarmsim
