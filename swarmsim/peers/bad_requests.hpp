// The behaviour `bad_requests`; what it does is the manual in bad_requests.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kBadRequests;
std::unique_ptr<Box> make_bad_requests(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
