// The behaviour `shared_peer_id`; what it does is the manual in shared_peer_id.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/raw_peer.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kSharedPeerId;
std::unique_ptr<RawPeer> make_shared_peer_id(Role& role, RawPeerPlace place);

}  // namespace swarmlab::swarmsim
