// PeerView: a connected peer as the choker sees it, at the moment of a decision.
#pragma once

#include <cstdint>

#include "client/peer_key.hpp"
#include "protocol/units.hpp"

namespace swarmlab::client {

struct PeerView {
  PeerKey key;
  bool interested = false;              // in us
  Time lost_interest_at = kStart;       // of one that is not: since when
  bool unchoked = false;                // by us
  bool snubbed = false;                 // unchokes us, owes us blocks, sends none
  bool unchokes_us = false;
  bool am_interested = false;           // in it
  BytesPerSecond gives_us;              // useful payload over the rate window
  Time connected_at = kStart;
  Time changed_at = kStart;             // last Choke or Unchoke we sent; connected_at if none
  Time changed_before = kStart;         // the one before that; connected_at if none
  Time moved_at = kStart;               // last Request we got or block we gave; at least changed_at
  ByteCount sent_since_unchoke;         // payload
  BytesPerSecond takes_from_us;         // payload over the rate window
  std::uint32_t progress = 0;           // of its download, in thousandths
};

}  // namespace swarmlab::client
