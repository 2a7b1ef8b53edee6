// ReactionWatch: how long a client takes from what reached it to what it says about it.
//
// Until a message leaves, not until it was decided: what waits in a full send buffer counts.
#pragma once

#include <map>
#include <vector>

#include "swarmsim/checks/arrivals.hpp"
#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/profile/sample.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

class ReactionWatch {
 public:
  // `facts` outlives it.
  ReactionWatch(HostId client, const RunFacts& facts) : client_(client), arrivals_(facts), partners_(facts.peers.size()) {}

  void on_event(const WireEvent& event);

  // From a peer's Unchoke to the first Request to it.
  const Sample& unchoke_to_request() const { return unchoke_to_request_; }
  // From the first word of what a peer has to Interested.
  const Sample& offer_to_interested() const { return offer_to_interested_; }
  // From the last block of a piece to the first Have of it.
  const Sample& piece_to_have() const { return piece_to_have_; }

 private:
  struct Partner {
    Time offered = kNever;
    Time unchoked = kNever;
    bool is_interesting = false;   // the client said so
  };

  void on_sent(Partner& partner, const WireEvent& event);
  void on_received(Partner& partner, const WireEvent& event);

  HostId client_;
  Arrivals arrivals_;
  std::vector<Partner> partners_;            // by HostId
  std::map<PieceIndex, Time> not_told_;      // pieces that are whole, and nobody has heard of
  Sample unchoke_to_request_;
  Sample offer_to_interested_;
  Sample piece_to_have_;
};

}  // namespace swarmlab::swarmsim
