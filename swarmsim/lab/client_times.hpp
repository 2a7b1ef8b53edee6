// ClientTimes: when what happened to one process of a lab run; kNever for what did not.
#pragma once

#include <string>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

struct ClientTimes {
  std::string peer;
  Time started = kNever;
  Time ready = kNever;          // and given its torrent
  Time complete = kNever;       // when it said so
  Time told_to_end = kNever;
  Time ended = kNever;
  bool was_killed = false;      // because it did not end in time
};

}  // namespace swarmlab::swarmsim
