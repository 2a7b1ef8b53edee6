// The behaviour `closed_window`; what it does is the manual in closed_window.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/raw_peer.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kClosedWindow;
std::unique_ptr<RawPeer> make_closed_window(Role& role, RawPeerPlace place);

}  // namespace swarmlab::swarmsim
