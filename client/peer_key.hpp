// What the policies of one torrent call a peer: a small number, given in the order of connecting and
// never reused within the torrent, so that what is remembered of a peer that left (who delivered a
// block, who is suspected) never falls on its successor.
#pragma once

#include "protocol/ids.hpp"

namespace swarmlab::client {

using PeerKey = Index<struct PeerKeyTag>;
// Stands where no peer is meant; never given to one.
inline constexpr PeerKey kNobody{0xffff'ffff};

}  // namespace swarmlab::client
