// The behaviour `bad_handshakes`; what it does is the manual in bad_handshakes.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/raw_peer.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kBadHandshakes;
std::unique_ptr<RawPeer> make_bad_handshakes(Role& role, RawPeerPlace place);

}  // namespace swarmlab::swarmsim
