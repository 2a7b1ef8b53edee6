// DoubtfulPieces: pieces that have arrived by the account of the wire, while their receiver may have thrown a block of them away.
//
// Such a block came when its request was not open any more (cancelled, rejected, voided): a client may take it or not.  It has the
// piece for certain when it says so (Have).  Until then nobody can tell when that client is complete.
#pragma once

#include <algorithm>
#include <vector>

#include "swarmsim/checks/arrivals.hpp"
#include "swarmsim/checks/dialogues.hpp"

namespace swarmlab::swarmsim {

class DoubtfulPieces {
 public:
  // All outlive the object.
  DoubtfulPieces(const RunFacts& facts, const Arrivals& arrivals, const Dialogues& dialogues)
      : arrivals_(arrivals), dialogues_(dialogues), of_(facts.peers.size()) {}

  // Received pieces, sent Haves, and who joins; after the books have taken the event.
  void on_event(const WireEvent& event) {
    if (event.kind == WireEventKind::joined) {
      of_[event.from.value()].clear();   // it has what its disk holds
    } else if (event.kind == WireEventKind::sent && event.message.kind == MessageKind::have) {
      if (event.from.value() < of_.size()) std::erase(of_[event.from.value()], event.message.piece);
    } else if (event.kind == WireEventKind::received && event.message.kind == MessageKind::piece) {
      const auto is_answer = [](const Dialogues::Ended& ended) { return ended.fate == Dialogues::Fate::answered; };
      if (event.to.value() >= of_.size() || !arrivals_.brought_news() || std::ranges::any_of(dialogues_.ended(), is_answer)) return;
      if (!has(event.to, event.message.piece)) of_[event.to.value()].push_back(event.message.piece);
    }
  }

  bool has(HostId peer, PieceIndex piece) const {
    return std::ranges::find(of_[peer.value()], piece) != of_[peer.value()].end();
  }
  bool has_any(HostId peer) const { return !of_[peer.value()].empty(); }

 private:
  const Arrivals& arrivals_;
  const Dialogues& dialogues_;
  std::vector<std::vector<PieceIndex>> of_;   // by peer
};

}  // namespace swarmlab::swarmsim
