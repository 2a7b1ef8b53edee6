// Whether a process came to the end that its group says (scenario/supervision.hpp).
#pragma once

#include "swarmsim/lab/process.hpp"
#include "swarmsim/scenario/supervision.hpp"

namespace swarmlab::swarmsim {

inline bool is_end_of(FinalState wanted, const ProcessEnd& end) {
  switch (wanted) {
    case FinalState::running: return false;
    case FinalState::exited: return end.signal == 0 && end.status == 0;
    case FinalState::failed: return end.signal == 0 && end.status != 0;
    case FinalState::killed: return end.signal != 0;
    case FinalState::any: return true;
  }
  return false;
}

}  // namespace swarmlab::swarmsim
