// The behaviour `choke_flapper`; what it does is the manual in choke_flapper.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kChokeFlapper;
std::unique_ptr<Box> make_choke_flapper(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
