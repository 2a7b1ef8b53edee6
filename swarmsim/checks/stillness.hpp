// Stillness: the long times in which a holder of a slot asked for nothing and got nothing.
//
// For one side of a connection that serves the other.  Requests, cancels, blocks and rejects are movement; what was
// asked and is not answered yet is no stillness, since its answer (and a Choke behind it) may be stuck on the way.
// A check that judges the past asks for a time long gone: so the long gaps are remembered, the short ones are not.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

class Stillness {
 public:
  // What happened to the requests of the other side.
  enum class Move : std::uint8_t { asked, settled };

  // Times do not decrease.  A gap of less than `idle` before this is forgotten.
  void add(Time at, Move move, Duration idle) {
    if (unanswered_ == 0 && at - last_ >= idle) gaps_.push_back({last_, at});
    last_ = at;
    if (move == Move::asked) ++unanswered_;
    else if (unanswered_ > 0) --unanswered_;
  }
  // What was asked so far will have no other answer: a Choke or Unchoke was sent.
  void void_requests(Time at) {
    if (unanswered_ > 0) last_ = at;
    unanswered_ = 0;
  }

  // Since when nothing had moved at `at`; kNever where something did soon before or after.
  Time since(Time at) const {
    for (const Gap& gap : gaps_)
      if (gap.from <= at && at < gap.to) return gap.from;
    return unanswered_ == 0 && last_ <= at ? last_ : kNever;
  }
  // Adds to `cuts` the times within (from, to) at which somebody that holds a slot since `held_since` began or ceased
  // to be still for `idle`.
  void cut(Time from, Time to, Time held_since, Duration idle, std::vector<Time>& cuts) const {
    const auto add_one = [&](Time at) {
      if (from < at && at < to) cuts.push_back(at);
    };
    for (const Gap& gap : gaps_) {
      add_one(std::max(gap.from, held_since) + idle);
      add_one(gap.to);
    }
    if (unanswered_ == 0) add_one(std::max(last_, held_since) + idle);
  }

 private:
  struct Gap { Time from, to; };
  Time last_ = kStart;            // of a movement
  std::uint32_t unanswered_ = 0;
  std::vector<Gap> gaps_;
};

}  // namespace swarmlab::swarmsim
