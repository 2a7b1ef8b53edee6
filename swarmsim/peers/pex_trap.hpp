// The behaviour `pex_trap`; what it does is the manual in pex_trap.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/raw_peer.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kPexTrap;
std::unique_ptr<RawPeer> make_pex_trap(Role& role, RawPeerPlace place);

}  // namespace swarmlab::swarmsim
