// SpokenFeatures: what of the protocol each peer was seen to offer.
//
//   fast, ext   the reserved bits of its handshakes (BEPs 6 and 10)
//   magnet      ut_metadata in its extension handshake (BEP 9); pex: ut_pex (BEP 11)
#pragma once

#include <vector>

#include "swarmsim/checks/feature.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

class SpokenFeatures final : public EventSink {
 public:
  explicit SpokenFeatures(std::size_t hosts) : spoken_(hosts) {}
  void on_event(const WireEvent& event) override;
  Features of(HostId host) const { return spoken_[host.value()]; }

 private:
  std::vector<Features> spoken_;
};

}  // namespace swarmlab::swarmsim
