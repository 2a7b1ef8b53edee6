// LinkFaults: what goes wrong on one direction of an access line besides a full queue.
//
//   loss       each packet by itself, or in bursts by a two-state Markov chain (Gilbert 1960): in the good state nothing
//              is lost, in the bad state everything; the bad one lasts `loss_burst` packets on average.  A burst is an
//              event in time, too: after 100 ms without a packet the state is drawn anew, or a sender that waits
//              ever longer between its attempts would meet one burst for minutes
//   jitter     a packet takes up to so much longer, by a uniform draw; it overtakes nothing of its flow
//   reorder    that share of packets is held back by `reorder_by`, while those behind it go on
//   duplicate  that share of packets comes twice, the copy right behind
//
// Each direction of each line draws from a stream of its own, one packet after another in the order of sending;
// what is off draws nothing, so a run without faults does not change by their existence.
#pragma once

#include <optional>

#include "protocol/quantities.hpp"
#include "runtime/random.hpp"

namespace swarmlab::swarmsim {

struct LinkFaultSpec {
  Duration jitter{};
  Share loss{};                    // on average; at most 90 %, and below burst / (burst + 1)
  std::uint32_t loss_burst = 1;    // 1: each packet by itself; else the mean length of a burst in packets
  Share reorder{};
  Duration reorder_by = 10ms;
  Share duplicate{};

  bool any() const {
    return jitter > Duration{0} || loss.millionths > 0 || reorder.millionths > 0 || duplicate.millionths > 0;
  }
};

class LinkFaults {
 public:
  LinkFaults(const LinkFaultSpec& spec, runtime::Random random);

  // Of the next packet, in this order.
  bool loses(Time now);
  Duration holds_back();   // 0 for most
  bool doubles();
  // Of whatever moves together.
  Duration jitter();

 private:
  LinkFaultSpec spec_;
  runtime::Random random_;
  bool is_bad_ = false;    // the state of the chain
  Time forgets_at_{};      // when that state means nothing any more
};

}  // namespace swarmlab::swarmsim
