// The check `slow_peers_are_kept`; its statement is the manual in slow_peers_are_kept.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kSlowPeersAreKept;
std::unique_ptr<Check> make_slow_peers_are_kept(const CheckContext& context);

}  // namespace swarmlab::swarmsim
