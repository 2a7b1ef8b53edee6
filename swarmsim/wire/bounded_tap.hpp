// BoundedTap: a StreamTap that may be fed by somebody who did not see the writing itself.
//
// Whoever looks at packets (swarmsim/capture) sees bytes when they leave a host, and of the moment before that only bounds:
// on_written() then comes when they leave.
#pragma once

#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

class BoundedTap : public StreamTap {
 public:
  // What is written next in this direction was decided no earlier than `earliest`, and no later than it is sent.  Whoever
  // calls this does so before every on_written().
  virtual void on_decided_after(ConnectionId connection, Direction direction, Time earliest) = 0;

 protected:
  ~BoundedTap() = default;
};

}  // namespace swarmlab::swarmsim
