// Backlog: whether one side of a connection may have decided something that nobody has seen.
//
// A Choke waits behind blocks that were written before it.  While the other side does not read, or when the run ends,
// it is never sent at all, and a check that counts messages would take the slot for held.  So: as long as requests
// are unanswered (blocks may be queued) and nothing decided later has been sent, what is in force is not known.
// A Cancel answers nothing: its block may have been written already.
#pragma once

#include <algorithm>
#include <cstdint>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

class Backlog {
 public:
  void on_request() { ++unanswered_; }
  // A block or a reject was sent, written at `decided`.
  void on_answer(Time decided) {
    unanswered_ -= unanswered_ > 0 ? 1 : 0;
    said_ = std::max(said_, decided);
  }
  // A Choke or Unchoke was sent: requests from before have no other answer.
  void on_choke_state(Time decided) {
    unanswered_ = 0;
    said_ = std::max(said_, decided);
  }

  // Something decided at `at` or later may not have been sent by now.
  bool may_hide(Time at) const { return unanswered_ > 0 && said_ <= at; }

 private:
  std::uint32_t unanswered_ = 0;
  Time said_ = kStart;            // when the latest message that was sent had been decided
};

}  // namespace swarmlab::swarmsim
