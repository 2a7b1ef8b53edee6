// The behaviour `segmented`; what it does is the manual in segmented.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/raw_peer.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kSegmented;
std::unique_ptr<RawPeer> make_segmented(Role& role, RawPeerPlace place);

}  // namespace swarmlab::swarmsim
