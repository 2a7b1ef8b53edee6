// Farewells: whether who ended a connection had a reason that anybody would grant.
//
// For checks that ask why a client hung up, of which the wire shows the moment and never the reason.  So all are granted that
// it may have had:
//   - somebody was told to go by the scenario, or a box on the way did it;
//   - there is another connection between the two (crossing dials);
//   - it was (nearly) full, and somebody else may have been more welcome: libtorrent turns peers over from nine tenths on;
//   - neither wants anything of the other, by the last word of each;
//   - the other was silent beyond the two minutes of BEP 3, or did wrong: a corrupt block, to anybody, bytes that are not
//     the protocol, a request that makes no sense.
#pragma once

#include <vector>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

class Farewells {
 public:
  // All outlive the object.
  Farewells(const RunFacts& facts, const Arrivals& arrivals, const Connections& connections, const Dialogues& dialogues)
      : facts_(facts), arrivals_(arrivals), connections_(connections), dialogues_(dialogues), did_wrong_(facts.peers.size(), false) {}

  // Of on_event(), which comes after the books.
  static EventSet interest();
  void on_event(const WireEvent& event);

  // Of an `ended` event before the books have taken it (Check::before_event): that it is the first end of a connection between
  // peers that had shaken hands, and none of those reasons is to be seen.
  bool is_unexplained(const WireEvent& ended) const;

 private:
  bool is_peer(HostId host) const { return host.value() < facts_.peers.size(); }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  const Connections& connections_;
  const Dialogues& dialogues_;
  std::vector<bool> did_wrong_;       // by peer
  struct Voice {
    Time heard = kStart;              // its last message arrived
    bool is_interested = false;
  };
  PerSide<Voice> voices_;             // by the side that writes
};

}  // namespace swarmlab::swarmsim
