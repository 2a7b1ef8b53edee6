// The check `no_duplicate_to_same_peer`; its statement is the manual in no_duplicate_to_same_peer.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kNoDuplicateToSamePeer;
std::unique_ptr<Check> make_no_duplicate_to_same_peer(const CheckContext& context);

}  // namespace swarmlab::swarmsim
