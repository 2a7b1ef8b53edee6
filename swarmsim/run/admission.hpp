// Admission: which of several runs begins next where they go side by side.
//
// Real processes share the machine's processors: beyond some rate of all links together the networks are late and the runs say
// nothing.  So each run states the rate at which its links could be busy at once, and begins when there is room for that: the first
// of those that wait, in the order of the plan, for which there is.  One that takes more than all there is goes by itself.
#pragma once

#include <optional>
#include <vector>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

class Admission {
 public:
  // `rates` of each run; zero takes no room.
  Admission(std::vector<BytesPerSecond> rates, BytesPerSecond room);

  // One that begins now; nullopt: none fits before another has ended, or none waits.
  std::optional<std::size_t> next();
  void ended(std::size_t run) { taken_ = taken_ - share_[run]; }
  std::size_t runs() const { return share_.size(); }
  bool is_done() const { return waiting_.empty(); }

 private:
  std::vector<BytesPerSecond> share_;   // at most all of the room
  BytesPerSecond room_;
  BytesPerSecond taken_{};
  std::vector<std::size_t> waiting_;    // ascending
};

}  // namespace swarmlab::swarmsim
