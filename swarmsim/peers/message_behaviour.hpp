// MessageBehaviour: one way in which a peer's messages differ from what its engine meant to send.
//
// A box between engine and stream (see MessageFilter).  Several compose in the order in which they are listed.
#pragma once

#include "protocol/piece_geometry.hpp"
#include "runtime/slice.hpp"

namespace swarmlab::swarmsim {

class MessageBehaviour {
 public:
  virtual ~MessageBehaviour() = default;

  // Called once per outgoing piece message, when its header is written.
  virtual void begin_block(const protocol::BlockRange& block) = 0;
  // Its payload, in parts and in order; `at` is the part's offset in the block.  What comes back goes out instead and
  // has the same length.
  virtual runtime::Slice alter(const protocol::BlockRange& block, ByteCount at, runtime::Slice part) = 0;
};

}  // namespace swarmlab::swarmsim
